// The server's filter language (docs/FILTER.md) made of URL keys.

/** A value in quotes unless it is one plain word. */
export function quote(value: string): string {
  return /^[\w.@-]+$/.test(value)
    ? value
    : `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;
}

/**
 * `fields`: URL key -> field of the language. All conditions joined by AND;
 * the free part, key `filter`, in brackets where it could widen the others.
 */
export function joinFilter(
  fields: Readonly<Record<string, string>>,
  params: URLSearchParams,
): string {
  const terms = Object.entries(fields).flatMap(([key, field]) => {
    const value = params.get(key);
    return value ? [`${field}=${quote(value)}`] : [];
  });
  const free = params.get('filter')?.trim();
  if (free)
    terms.push(terms.length > 0 && /\bOR\b/.test(free) ? `(${free})` : free);
  return terms.join(' AND ');
}
