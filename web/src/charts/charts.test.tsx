import render from 'preact-render-to-string';
import { describe, expect, test } from 'vitest';
import { Bar } from './bar';
import { ConfusionMatrix, heat, LARGEST_MATRIX, mistakes } from './confusion';
import { bin, Histogram } from './histogram';
import { MemoryPlan, peakLayer, peaks, span } from './memory_plan';
import { byteTicks, linear, ticks } from './scale';
import { Sparkline, sparkPoints } from './sparkline';
import { pieces, SplitBar } from './split_bar';

const numbers = (svg: string, pattern: RegExp) =>
  [...svg.matchAll(pattern)].map((m) => Number(m[1]));

describe('scale', () => {
  test('ticks are round and within the range', () => {
    expect(ticks(0, 100, 4)).toEqual([0, 50, 100]);
    expect(ticks(3, 17, 5)).toEqual([5, 10, 15]);
    expect(ticks(0.1, 0.35, 5)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
    expect(ticks(5, 5, 4)).toEqual([5]);
  });
  test('byte ticks are powers of two', () => {
    expect(byteTicks(10000, 5)).toEqual([0, 2048, 4096, 6144, 8192]);
  });
  test('a range without width does not divide by zero', () => {
    expect(linear([3, 3], [0, 10])(3)).toBe(0);
  });
});

describe('histogram', () => {
  test('every sample is in exactly one bin, both ends too', () => {
    const samples = [10, 10, 11, 15, 19, 20];
    const bins = bin(samples, 4);
    expect(bins.reduce((n, b) => n + b.count, 0)).toBe(samples.length);
    expect(bins[0]).toEqual({ from: 10, to: 13, count: 3 });
    expect(bins[bins.length - 1]!.count).toBe(2);
  });
  test('equal samples are one bin, none are none', () => {
    expect(bin([7, 7, 7], 10)).toEqual([{ from: 7, to: 8, count: 3 }]);
    expect(bin([], 10)).toEqual([]);
  });
  test('a bin is never narrower than one cycle', () => {
    expect(bin([1, 2, 3], 60)).toHaveLength(3);
  });
  test('says its figures to those who cannot see it', () => {
    const svg = render(<Histogram samples={[100, 200, 300]} median={200} />);
    expect(svg).toContain('3 samples from 100 to 300 cycles, median 200');
    expect(svg).not.toContain('NaN');
    expect(svg).not.toContain('style=');
  });
});

describe('memory plan', () => {
  const plan = [
    { tensor: 'in', offset: 0, size: 100, first: 0, last: 0 },
    { tensor: 'mid', offset: 100, size: 300, first: 0, last: 1 },
    { tensor: 'out', offset: 0, size: 50, first: 1, last: 2 },
  ];
  test('the peak is the layer with the highest byte', () => {
    expect(peaks(plan, 3)).toEqual([400, 400, 50]);
    expect(peakLayer(plan, 3)).toBe(0);
  });
  test('boxes lie where the plan says: time to the right, offset upwards', () => {
    const svg = render(
      <MemoryPlan
        plan={plan}
        layerNames={['CONV', 'ADD', 'SOFTMAX']}
        arena={400}
      />,
    );
    const boxes = [
      ...svg.matchAll(
        /class="buffer[^>]*? x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
      ),
    ].map((m) => m.slice(1).map(Number));
    expect(boxes).toHaveLength(3);
    const [input, mid, out] = boxes as [number[], number[], number[]];
    expect(mid[2]).toBeGreaterThan(input[2]! * 1.9);
    expect(mid[3]).toBeGreaterThan(input[3]! * 2.8);
    expect(mid[1]).toBeLessThan(input[1]!);
    expect(out[0]).toBeGreaterThan(input[0]!);
    expect(svg).toContain('the peak is in layer 0 (CONV)');
  });
});

test('memory plan: the input lives before layer 0, the output after the last one', () => {
  const plan = [
    { tensor: 'input', offset: 0, size: 10, first: -1, last: 0 },
    { tensor: 'output', offset: 10, size: 10, first: 0, last: 1 },
  ];
  expect(span(plan, 1)).toEqual([-1, 2]);
  const svg = render(
    <MemoryPlan plan={plan} layerNames={['CONV']} arena={20} />,
  );
  expect(svg).toContain('>in<');
  expect(svg).toContain('>out<');
  const lefts = numbers(svg, /class="buffer[^>]*? x="([\d.]+)"/g);
  expect(Math.min(...lefts)).toBeGreaterThanOrEqual(62);
});

describe('bars', () => {
  test('a share is drawn as long as it is, and never longer than all', () => {
    expect(
      numbers(render(<Bar share={0.25} />), /bar-a" width="([\d.]+)%/g),
    ).toEqual([25]);
    expect(
      numbers(render(<Bar share={7} />), /bar-a" width="([\d.]+)%/g),
    ).toEqual([100]);
    expect(render(<Bar share={Number.NaN} />)).toContain('width="0.00%"');
  });
  test('parts fill the bar without gap, or leave what is free', () => {
    const parts = [
      { name: 'a', bytes: 30 },
      { name: 'b', bytes: 10 },
    ];
    expect(pieces(parts).map((p) => [p.left, p.width])).toEqual([
      [0, 75],
      [75, 25],
    ]);
    expect(pieces(parts, 80).map((p) => [p.left, p.width])).toEqual([
      [0, 37.5],
      [37.5, 12.5],
    ]);
    expect(render(<SplitBar label="Flash" parts={parts} />)).toContain(
      'Flash: a 30 B, b 10 B',
    );
    expect(render(<SplitBar label="x" parts={[]} />)).not.toContain('NaN');
  });
});

describe('sparkline', () => {
  test('larger is higher; flat is in the middle; the last is the dot', () => {
    const [first, last] = sparkPoints([1, 2]);
    expect(last![1]).toBeLessThan(first![1]);
    expect(new Set(sparkPoints([5, 5, 5]).map((p) => p[1]))).toEqual(
      new Set([13]),
    );
    expect(render(<Sparkline values={[1000, 2000]} />)).toContain(
      '2 runs, 1.000 ms to 2.000 ms',
    );
    expect(render(<Sparkline values={[1]} />)).toBe('');
  });
});

describe('confusion', () => {
  const confusion = { classCount: 2, cells: [9, 1, 4, 6] };
  test('rows are truth, columns prediction, recall per row', () => {
    const html = render(<ConfusionMatrix confusion={confusion} />);
    expect(html).toContain('truth 1, predicted 0: 4');
    expect(html).toContain('90.0 %');
    expect(html).toContain('60.0 %');
    expect(mistakes(confusion)).toEqual([
      { label: 1, predicted: 0, count: 4 },
      { label: 0, predicted: 1, count: 1 },
    ]);
  });
  test('a single mistake is seen even in a large class', () => {
    expect(heat(1, 10000)).toBe(1);
    expect(heat(0, 10)).toBe(0);
    expect(heat(10, 10)).toBe(8);
  });
  test('a thousand classes become a list, not a million cells', () => {
    const n = LARGEST_MATRIX + 1;
    const cells = new Array<number>(n * n).fill(0);
    cells[1] = 3;
    const html = render(
      <ConfusionMatrix confusion={{ classCount: n, cells }} />,
    );
    expect(html.length).toBeLessThan(3000);
    expect(html).toContain('most often confused');
  });
});
