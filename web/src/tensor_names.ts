// Names of tensors as converters write them are long and begin alike:
// "functional_1/activation_2/Relu;functional_1/batch_norm/…". What tells them
// apart is shown, the whole name stands in titles and exports.

/** A short name for each, in the same order. */
export function shortNames(names: readonly string[]): string[] {
  const parts = names.map((name) => (name.split(';')[0] ?? '').split('/'));
  const first = mostCommon(parts.filter((p) => p.length > 1).map((p) => p[0]!));
  return parts.map((p) =>
    (p.length > 1 && p[0] === first ? p.slice(1) : p).join('/'),
  );
}

/** The text that stands in at least half of the list; undefined if none. */
function mostCommon(list: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const item of list) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].find(([, n]) => n > 1 && n * 2 >= list.length)?.[0];
}
