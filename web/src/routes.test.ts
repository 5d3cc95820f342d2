import { expect, test } from 'vitest';
import { match } from './routes';

const title = (path: string) => {
  const { route, id } = match(path);
  return route.title(id);
};

test('every path has its page', () => {
  expect(title('/')).toBe('Overview');
  expect(title('/runs')).toBe('Runs');
  expect(title('/runs/')).toBe('Runs');
  expect(title('/runs/r-12')).toBe('Run r-12');
  expect(title('/jobs/j-1')).toBe('Job j-1');
  expect(title('/lab')).toBe('Lab');
});

test('what is no page is said to be none, and bad escapes do no harm', () => {
  expect(title('/nope')).toBe('Not found');
  expect(title('/runs/r-1/x')).toBe('Not found');
  expect(title('/runs/%zz')).toBe('Run %zz');
});
