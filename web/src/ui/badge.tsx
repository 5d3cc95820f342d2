// Where a figure comes from, beside every figure.
import type { Origin } from '../types.gen';
import { originWord } from '../format';
import { Term } from './term';

const meaning: Record<string, string> = {
  MEASURED: "Counted by a real chip's own cycle counter.",
  EMULATED:
    'From a virtual board: the environment names the timing model. Not a measurement.',
  ESTIMATED: 'Computed without running.',
};

const meaningOf = (word: string) =>
  meaning[word] ?? 'The server did not say where this comes from.';

const classOf = (word: string) =>
  `badge origin-${word.split(' ')[0]!.toLowerCase()}`;

export function OriginBadge({ origin }: { origin: Origin | undefined }) {
  const word = originWord(origin);
  return (
    <span class={classOf(word)} title={meaningOf(word)}>
      {word}
    </span>
  );
}

/** Once a page: with its meaning for keyboard and touch as well. */
export function OriginTerm({ origin }: { origin: Origin | undefined }) {
  const word = originWord(origin);
  return (
    <Term help={meaningOf(word)}>
      <span class={classOf(word)}>{word}</span>
    </Term>
  );
}

/** One badge per origin among the rows of a table or chart. */
export function OriginBadges({ origins }: { origins: Iterable<Origin> }) {
  return (
    <span class="badges">
      {[...new Set(origins)].map((origin) => (
        <OriginTerm key={origin} origin={origin} />
      ))}
    </span>
  );
}

export function StateBadge({ state }: { state: string }) {
  return <span class={`badge state-${state.toLowerCase()}`}>{state}</span>;
}
