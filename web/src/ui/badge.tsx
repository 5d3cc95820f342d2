// Where a figure comes from, beside every figure.
import type { Origin } from '../types.gen';
import { originWord } from '../format';

const meaning: Record<string, string> = {
  MEASURED: "Counted by a real chip's own cycle counter.",
  EMULATED:
    'From a virtual board: the environment names the timing model. Not a measurement.',
  ESTIMATED: 'Computed without running.',
};

export function OriginBadge({ origin }: { origin: Origin | undefined }) {
  const word = originWord(origin);
  return (
    <span
      class={`badge origin-${word.split(' ')[0]!.toLowerCase()}`}
      title={meaning[word] ?? 'The server did not say where this comes from.'}
    >
      {word}
    </span>
  );
}

/** One badge per origin among the rows of a table or chart. */
export function OriginBadges({ origins }: { origins: Iterable<Origin> }) {
  return (
    <span class="badges">
      {[...new Set(origins)].map((origin) => (
        <OriginBadge key={origin} origin={origin} />
      ))}
    </span>
  );
}

export function StateBadge({ state }: { state: string }) {
  return <span class={`badge state-${state.toLowerCase()}`}>{state}</span>;
}
