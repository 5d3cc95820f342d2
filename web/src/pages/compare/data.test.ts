import { describe, expect, test } from 'vitest';
import type { Run } from '../../types.gen';
import {
  environmentRows,
  figureRows,
  isSignificant,
  layerRows,
  markWords,
} from './data';
import {
  latencyDiffers,
  mannWhitney,
  twoProportions,
  twoSided,
} from './significance';

function run(id: string, cycles: number[], extra: object = {}): Run {
  const p50 = [...cycles].sort((a, b) => a - b)[Math.floor(cycles.length / 2)]!;
  return {
    id,
    origin: 'EMULATED',
    modelName: 'm',
    latency: {
      cycles: cycles.map(String),
      cyclesP50: String(p50),
      usP50: p50 / 100,
      usMin: 1,
      usP90: 1,
      usMax: 1,
    },
    memory: { totalBytes: '1000' },
    flash: { totalBytes: '5000' },
    macs: '10',
    layers: [],
    plan: [],
    environment: { clockHz: '100000000', boardId: 'b' },
    ...extra,
  } as unknown as Run;
}

describe('significance', () => {
  test('the normal tail is that of the tables', () => {
    expect(twoSided(1.96)).toBeCloseTo(0.05, 3);
    expect(twoSided(2.576)).toBeCloseTo(0.01, 3);
    expect(twoSided(0)).toBeCloseTo(1, 5);
  });

  test('Mann-Whitney: a known case, ties, and no spread at all', () => {
    // U = 0 of 10 x 10 without ties: z = 49.5 / sqrt(175) = 3.742.
    const low = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(
      mannWhitney(
        low,
        low.map((v) => v + 100),
      ),
    ).toBeCloseTo(twoSided(3.7418), 6);
    expect(mannWhitney(low, low)).toBeGreaterThan(0.9);
    expect(mannWhitney([7, 7, 7], [7, 7, 7])).toBe(1);
  });

  test('noise is no change; a small but certain shift counts from 0.5 %', () => {
    const noisy = [100, 103, 98, 101, 105, 97, 102, 99, 100, 104];
    expect(latencyDiffers(noisy, [...noisy].reverse(), 0)).toBe(false);
    const constant = new Array<number>(10).fill(100_000);
    expect(
      latencyDiffers(
        constant,
        constant.map((c) => c + 600),
        0.006,
      ),
    ).toBe(true);
    expect(
      latencyDiffers(
        constant,
        constant.map((c) => c + 100),
        0.001,
      ),
    ).toBe(false);
  });

  test('accuracy needs samples to tell a difference', () => {
    expect(twoProportions(90, 100, 88, 100)).toBeGreaterThan(0.05);
    expect(twoProportions(9000, 10000, 8800, 10000)).toBeLessThan(0.05);
    expect(twoProportions(10, 10, 10, 10)).toBe(1);
  });
});

describe('compare', () => {
  const base = run('r-1', new Array<number>(10).fill(1000));
  const slower = run('r-2', new Array<number>(10).fill(1100), {
    memory: { totalBytes: '1001' },
  });

  test('relative to the first run, one byte more is a difference', () => {
    const rows = figureRows([base, slower]);
    const at = (key: string) => rows.find((r) => r.key === key)!;
    expect(at('us_p50').figures[1]!.relative).toBeCloseTo(0.1, 9);
    expect(isSignificant(at('us_p50'))).toBe(true);
    expect(isSignificant(at('sram_bytes'))).toBe(true);
    expect(isSignificant(at('flash_bytes'))).toBe(false);
    expect(isSignificant(at('top1'))).toBe(false);
  });

  test('layers match by operator and tensor; one that is missing stands out', () => {
    const layer = (op: string, name: string, cycles: number) => ({
      info: { op, name },
      cycles: String(cycles),
      share: 0,
    });
    const rows = layerRows([
      run('r-1', [1], {
        layers: [layer('CONV_2D', 'a', 100), layer('ADD', 'b', 50)],
      }),
      run('r-2', [1], {
        layers: [layer('CONV_2D', 'a', 100), layer('ADD', 'c', 50)],
      }),
    ]);
    expect(rows.map((r) => [r.name, isSignificant(r)])).toEqual([
      ['CONV_2D a', false],
      ['ADD b', true],
      ['ADD c', true],
    ]);
  });

  test('what differs in the environment is marked', () => {
    const other = run('r-3', [1], {
      environment: { clockHz: '84000000', boardId: 'b' },
    });
    const differing = environmentRows([base, other]).filter((r) => r.differs);
    expect(differing.map((r) => r.name)).toEqual(['clock']);
  });
});

test('of long values the words are marked that not all have', () => {
  const marked = markWords(['-Os -g -mthumb', '-O2 -g -mthumb']).map((words) =>
    words.filter((w) => w.differs).map((w) => w.text),
  );
  expect(marked).toEqual([['-Os'], ['-O2']]);
});
