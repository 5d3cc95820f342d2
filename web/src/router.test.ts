import { expect, test } from 'vitest';
import { withParams } from './router';

test('sets, replaces and removes keys, keeps the others', () => {
  const from = new URLSearchParams('model=a&board=x&pageToken=t');
  expect(withParams(from, { model: 'b c', pageToken: undefined })).toBe(
    '?board=x&model=b+c',
  );
  expect(withParams(from, { model: '', board: null, pageToken: '' })).toBe('');
});

test('lists become repeated keys; commas and slashes stay readable', () => {
  const link = withParams(new URLSearchParams(), {
    runs: 'r-1,r-2',
    board: ['a/b', 'c'],
  });
  expect(link).toBe('?runs=r-1,r-2&board=a/b&board=c');
  expect(new URLSearchParams(link).getAll('board')).toEqual(['a/b', 'c']);
});
