import { expect, test } from 'vitest';
import type { Job, Prediction, Run } from '../../types.gen';
import { quoteShell } from '../../ui/shell_quote';
import { confusion, layerRows, repeatCommand, wrongOnes } from './data';

const run = {
  modelName: 'kws.tflite',
  boardId: 'nucleo_f746zg',
  boardName: 'desk/f7',
  datasetName: 'kws01',
  latency: { sampleCount: 10 },
} as Run;

test('the command repeats all that the job asked for', () => {
  const job = {
    spec: { runs: 50, warmups: 0, options: { optimize: 'size' } },
  } as Job;
  expect(repeatCommand(run, job)).toBe(
    'tinyrig submit kws.tflite --board nucleo_f746zg ' +
      '--dataset kws01 --runs 50 --warmups 0 --optimize size --on desk/f7',
  );
  expect(repeatCommand(run, undefined)).toBe(
    'tinyrig submit kws.tflite --board nucleo_f746zg ' +
      '--dataset kws01 --runs 10 --on desk/f7',
  );
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
