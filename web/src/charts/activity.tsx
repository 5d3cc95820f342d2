// How busy a board was, as columns, and how well, as a band below them.
import { percent, time } from '../format';
import type { BoardState } from '../types.gen';
import { linear } from './scale';

/** A stretch in one state; times in milliseconds since the epoch. */
export interface Health {
  from: number;
  to: number;
  state: BoardState;
  fault: string;
}

const words: Partial<Record<BoardState, string>> = {
  IDLE: 'in service',
  BUSY: 'in service',
  FAULTY: 'faulty',
  DISABLED: 'disabled',
  OFFLINE: 'offline',
};

export const healthWord = (state: BoardState) => words[state] ?? 'unknown';

const height = 34;
const band = 8;
const room = height - band - 2;

export function Activity({
  busyShare,
  health,
  from,
  to,
  label,
}: {
  busyShare: readonly number[];
  health: readonly Health[];
  from: number;
  to: number;
  label: string;
}) {
  const x = linear([from, to], [0, 100]);
  const step = 100 / Math.max(1, busyShare.length);
  const bucket_ms = (to - from) / Math.max(1, busyShare.length);
  return (
    <svg
      class="activity"
      width="100%"
      height={height}
      role="img"
      aria-label={label}
    >
      <rect class="track" width="100%" height={room} rx="2" />
      {busyShare.map((share, i) => {
        const tall = share > 0 ? Math.max(1.5, Math.min(1, share) * room) : 0;
        return (
          tall > 0 && (
            <rect
              key={i}
              class="bar-a"
              x={`${(i * step).toFixed(3)}%`}
              width={`${(step * 0.86).toFixed(3)}%`}
              y={room - tall}
              height={tall}
            >
              <title>{`${percent(share, 1)} busy from ${clock(from + i * bucket_ms)} to ${clock(from + (i + 1) * bucket_ms)}`}</title>
            </rect>
          )
        );
      })}
      {health.map((h) => {
        const left = Math.max(0, x(h.from));
        const width = Math.min(100, x(h.to)) - left;
        return (
          width > 0 && (
            <rect
              key={h.from}
              class={`health-${healthWord(h.state).replace(' ', '-')}`}
              x={`${left.toFixed(3)}%`}
              width={`${Math.max(0.15, width).toFixed(3)}%`}
              y={height - band}
              height={band}
            >
              <title>{`${healthWord(h.state)} from ${clock(h.from)} to ${clock(h.to)}${h.fault ? `: ${h.fault}` : ''}`}</title>
            </rect>
          )
        );
      })}
    </svg>
  );
}

const clock = (at_ms: number) => time(new Date(at_ms).toISOString());
