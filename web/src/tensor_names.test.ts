import { expect, test } from 'vitest';
import { shortNames } from './tensor_names';

test('what all names begin with goes, and what was fused behind', () => {
  expect(
    shortNames([
      'functional_1/activation/Relu;functional_1/batch_norm/FusedBatchNormV3',
      'functional_1/activation_1/Relu',
      'Identity',
    ]),
  ).toEqual(['activation/Relu', 'activation_1/Relu', 'Identity']);
});

test('names that share nothing stay whole', () => {
  expect(shortNames(['a/x', 'b/x', 'conv0', ''])).toEqual([
    'a/x',
    'b/x',
    'conv0',
    '',
  ]);
});
