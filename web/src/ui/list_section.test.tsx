import { render } from 'preact-render-to-string';
import { describe, expect, test } from 'vitest';
import { listSort, SelectFilter } from './list_section';

describe('the order of a list', () => {
  test('is newest first unless the URL names another', () => {
    expect(listSort(new URLSearchParams()).sort).toEqual({
      key: 'create_time',
      descending: true,
    });
    expect(listSort(new URLSearchParams('order=us_p50')).sort).toEqual({
      key: 'us_p50',
      descending: false,
    });
  });
});

describe('a quick filter with choices', () => {
  test('offers any and all values, and shows the chosen one', () => {
    const html = render(
      <SelectFilter
        name="state"
        values={['QUEUED', 'FAILED']}
        params={new URLSearchParams('state=FAILED')}
      />,
    );
    expect(html.match(/<option/g)).toHaveLength(3);
    expect(html).toContain('>any</option>');
    expect(html).toMatch(/<option[^>]* selected[^>]*>FAILED/);
  });
});
