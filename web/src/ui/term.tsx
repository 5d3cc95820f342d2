// A word with its definition on hover and focus. Placed by CSSOM (fixed), so
// that no scrolling box cuts it off and no inline style is needed.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

export function Term({
  children,
  help,
}: {
  children: ComponentChildren;
  help: string;
}) {
  const [open, setOpen] = useState(false);
  const tip = useRef<HTMLSpanElement>(null);
  const word = useRef<HTMLButtonElement>(null);
  const tipId = useId();

  useLayoutEffect(() => {
    if (!open || !tip.current || !word.current) return;
    const at = word.current.getBoundingClientRect();
    const box = tip.current.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, innerWidth - box.width - 8));
    const below = at.bottom + 6;
    const top =
      below + box.height > innerHeight ? at.top - box.height - 6 : below;
    tip.current.style.left = `${left}px`;
    tip.current.style.top = `${top}px`;
  }, [open]);

  return (
    <span
      class="term"
      onMouseEnter={() => setOpen(true)}
      onMouseLeave={() => setOpen(false)}
    >
      <button
        type="button"
        ref={word}
        class="term-word"
        aria-describedby={tipId}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
      >
        {children}
      </button>
      <span
        id={tipId}
        ref={tip}
        role="tooltip"
        class={`tip ${open ? 'open' : ''}`}
      >
        {help}
      </span>
    </span>
  );
}
