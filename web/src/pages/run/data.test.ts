import { expect, test } from 'vitest';
import type { Job, Prediction, Run } from '../../types.gen';
import { quoteShell } from '../../ui/shell_quote';
import {
  confusion,
  layerRows,
  repeatCommand,
  shareOf,
  timingModel,
  wrongOnes,
} from './data';

const run = {
  modelName: 'kws.tflite',
  boardId: 'nucleo_f746zg',
  boardName: 'desk/f7',
  modelSha256: 'aa',
  datasetName: 'kws01',
  datasetSha256: 'dd',
  latency: { sampleCount: 10 },
} as Run;

const server = 'http://lab:7078';

test('the command repeats all that the job asked for, from nothing', () => {
  const job = {
    spec: { runs: 50, warmups: 0, options: { optimize: 'size' } },
  } as Job;
  const fetched =
    "curl -fsS -o kws.tflite 'http://lab:7078/api/v1/blobs/aa?name=kws.tflite' && ";
  expect(repeatCommand(run, job, server)).toBe(
    fetched +
      'tinyrig submit kws.tflite --board nucleo_f746zg ' +
      '--dataset dd --runs 50 --warmups 0 --optimize size --on desk/f7',
  );
  expect(repeatCommand(run, undefined, server)).toBe(
    fetched +
      'tinyrig submit kws.tflite --board nucleo_f746zg ' +
      '--dataset dd --runs 10 --on desk/f7',
  );
});

test('a model whose name begins with a dash is no option', () => {
  const odd = { ...run, modelName: '-o.tflite' } as Run;
  expect(repeatCommand(odd, undefined, server)).toContain(
    'tinyrig submit ./-o.tflite ',
  );
});

test('an emulated figure never hides that its timing model is unproven', () => {
  const of = (origin: string, timingModel_: string) =>
    timingModel({
      origin,
      environment: { timingModel: timingModel_ },
    } as Run);
  expect(of('EMULATED', 'm4-trm-v1')).toBe(
    'm4-trm-v1, not yet validated on silicon',
  );
  expect(of('EMULATED', '')).toMatch(/^unknown, not yet/);
  expect(of('MEASURED', '')).toBe('none: a real chip');
});

test('a share of the board is said only when both are known', () => {
  expect(shareOf(32768, 327680)).toBe('10.0 % of 320.0 KB');
  expect(shareOf(32768, Number.NaN)).toBe('');
});

test('a hostile file name cannot become a second command', () => {
  expect(quoteShell("a'; rm -rf ~ #.tflite")).toBe(
    `'a'\\''; rm -rf ~ #.tflite'`,
  );
  expect(quoteShell('')).toBe("''");
});

test('layers: int64 text becomes numbers; no MACs is no rate', () => {
  const rows = layerRows([
    {
      info: { index: 3, op: 'CONV_2D', macs: '2000', weightsBytes: '9' },
      cycles: '1000',
      share: 0.5,
    },
  ] as never);
  expect(rows[0]).toMatchObject({
    index: 3,
    cycles: 1000,
    macs: 2000,
    macsPerCycle: 2,
  });
});

test('a confusion matrix of the wrong size is not drawn', () => {
  const accuracy = (cells: string[]) =>
    ({ accuracy: { classCount: 2, confusion: cells } }) as Run;
  expect(confusion(accuracy(['1', '2', '3', '4']))).toEqual({
    classCount: 2,
    cells: [1, 2, 3, 4],
  });
  expect(confusion(accuracy(['1', '2']))).toBeUndefined();
});

test('wrong ones', () => {
  const p = (label: number, predicted: number) =>
    ({ label, predicted }) as Prediction;
  expect(wrongOnes([p(1, 1), p(1, 0)])).toEqual([p(1, 0)]);
});
