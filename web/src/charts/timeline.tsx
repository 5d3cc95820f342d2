// When a board was busy: one strip, a box per job.
import { linear } from './scale';

export interface Span {
  id: string;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  tone: 'ok' | 'failed' | 'now';
  label: string;
}

/** Busy share of [from, to], 0..1; overlaps count once. */
export function busyShare(
  spans: readonly Span[],
  from: number,
  to: number,
): number {
  let busy = 0;
  let at = from;
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const start = Math.max(at, span.from);
    const end = Math.min(to, span.to);
    if (end > start) {
      busy += end - start;
      at = end;
    }
  }
  return to > from ? busy / (to - from) : 0;
}

export function Timeline({
  spans,
  from,
  to,
  label,
}: {
  spans: readonly Span[];
  from: number;
  to: number;
  label: string;
}) {
  const x = linear([from, to], [0, 100]);
  return (
    <svg
      class="timeline"
      width="100%"
      height="18"
      role="img"
      aria-label={label}
    >
      <rect class="track" width="100%" height="18" rx="2" />
      {spans.map((span) => {
        const left = Math.max(0, x(span.from));
        const width = Math.max(0.25, Math.min(100, x(span.to)) - left);
        return (
          <rect
            key={span.id}
            class={`span-${span.tone}`}
            x={`${left.toFixed(3)}%`}
            width={`${width.toFixed(3)}%`}
            height="18"
          >
            <title>{span.label}</title>
          </rect>
        );
      })}
    </svg>
  );
}
