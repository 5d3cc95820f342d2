import { expect, test } from 'vitest';
import { axisLabels } from './axis';

test('one unit for the whole axis, as many digits as its steps need', () => {
  expect(axisLabels([0, 2000, 4000, 10000], 'us')).toEqual([
    '0 ms',
    '2 ms',
    '4 ms',
    '10 ms',
  ]);
  expect(axisLabels([10050, 10075, 10100], 'us')).toEqual([
    '10.050 ms',
    '10.075 ms',
    '10.100 ms',
  ]);
  expect(axisLabels([500, 750], 'us')).toEqual(['500 µs', '750 µs']);
  expect(axisLabels([0.965, 0.97], 'share')).toEqual(['96.5 %', '97.0 %']);
  expect(axisLabels([65536, 131072], 'bytes')).toEqual(['64 KB', '128 KB']);
  expect(axisLabels([1_050_000, 1_100_000], 'count')).toEqual([
    '1.05 M',
    '1.10 M',
  ]);
});

test('labels that uPlot leaves out stay empty', () => {
  expect(axisLabels([1000, null, 3000], 'us')).toEqual(['1 ms', '', '3 ms']);
  expect(axisLabels([], 'us')).toEqual([]);
});
