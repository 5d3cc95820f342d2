/** A share, 0..1, as a bar behind the figure of a table cell. */
export function Bar({
  share,
  tone = 'a',
}: {
  share: number;
  tone?: 'a' | 'b' | 'c';
}) {
  const width = Number.isFinite(share)
    ? Math.max(0, Math.min(1, share)) * 100
    : 0;
  return (
    <svg class="bar" aria-hidden="true" width="100%" height="6">
      <rect class="track" width="100%" height="6" rx="2" />
      <rect
        class={`bar-${tone}`}
        width={`${width.toFixed(2)}%`}
        height="6"
        rx="2"
      />
    </svg>
  );
}
