// One bar of parts that make a whole: flash and SRAM.
import { bytes, bytesExact, percent } from '../format';

export interface Part {
  name: string;
  help?: string;
  bytes: number;
}

interface Piece extends Part {
  /** Of the whole bar, percent. */
  left: number;
  width: number;
}

/** Parts as pieces of a bar that is `whole` long (the parts' sum if absent). */
export function pieces(parts: readonly Part[], whole?: number): Piece[] {
  const sum = parts.reduce((n, p) => n + p.bytes, 0);
  const length = Math.max(whole ?? 0, sum) || 1;
  let at = 0;
  return parts.map((part) => {
    const piece = {
      ...part,
      left: (at / length) * 100,
      width: (part.bytes / length) * 100,
    };
    at += part.bytes;
    return piece;
  });
}

/** `capacity`: what the board has; the free rest is shown then. */
export function SplitBar({
  label,
  parts,
  capacity,
}: {
  label: string;
  parts: readonly Part[];
  capacity?: number;
}) {
  const sum = parts.reduce((n, p) => n + p.bytes, 0);
  const free = capacity && capacity > sum ? capacity - sum : 0;
  return (
    <div class="split">
      <svg
        width="100%"
        height="26"
        role="img"
        aria-label={`${label}: ${parts.map((p) => `${p.name} ${bytes(p.bytes)}`).join(', ')}`}
      >
        <rect class="track" width="100%" height="26" rx="3" />
        {pieces(parts, capacity).map(
          (p, i) =>
            p.bytes > 0 && (
              <rect
                key={p.name}
                class={`part part-${i}`}
                x={`${p.left.toFixed(3)}%`}
                width={`${p.width.toFixed(3)}%`}
                height="26"
              >
                <title>{`${p.name}: ${bytesExact(p.bytes)}`}</title>
              </rect>
            ),
        )}
      </svg>
      <ul class="legend">
        {parts.map((p, i) => (
          <li key={p.name} title={p.help}>
            <svg width="11" height="11" aria-hidden="true">
              <rect class={`part part-${i}`} width="11" height="11" rx="2" />
            </svg>
            {p.name} <strong>{bytes(p.bytes)}</strong>{' '}
            <span class="quiet">{percent(p.bytes / (sum || 1), 1)}</span>
          </li>
        ))}
        {free > 0 && (
          <li>
            <span class="quiet">
              free of {bytes(capacity)}: {bytes(free)}
            </span>
          </li>
        )}
      </ul>
    </div>
  );
}
