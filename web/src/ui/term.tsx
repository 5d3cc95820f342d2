// A word with its definition on hover, focus and tap. Placed by CSSOM (fixed),
// so that no scrolling box cuts it off and no inline style is needed.
import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Tip {
  /** For the element that is hovered. */
  area: Pick<
    JSX.HTMLAttributes<HTMLElement>,
    'onMouseEnter' | 'onMouseLeave' | 'onKeyDown'
  >;
  /** For the button that takes the focus. */
  button: Pick<JSX.HTMLAttributes<HTMLElement>, 'onFocus' | 'onBlur'> & {
    'aria-describedby': string;
  };
  box: JSX.Element;
}

export function useTip(help: string): Tip {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    const word = box.current?.parentElement;
    if (!open || !box.current || !word) return;
    const at = word.getBoundingClientRect();
    const size = box.current.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8));
    const below = at.bottom + 6;
    const top =
      below + size.height > innerHeight ? at.top - size.height - 6 : below;
    box.current.style.left = `${left}px`;
    box.current.style.top = `${top}px`;
  }, [open]);

  return {
    area: {
      onMouseEnter: () => setOpen(true),
      onMouseLeave: () => setOpen(false),
      onKeyDown: (event) => {
        if (event.key === 'Escape') setOpen(false);
      },
    },
    button: {
      'aria-describedby': id,
      onFocus: () => setOpen(true),
      onBlur: () => setOpen(false),
    },
    box: (
      <span
        id={id}
        ref={box}
        role="tooltip"
        class={`tip ${open ? 'open' : ''}`}
      >
        {help}
      </span>
    ),
  };
}

export function Term({
  children,
  help,
}: {
  children: ComponentChildren;
  help: string;
}) {
  const tip = useTip(help);
  return (
    <span class="term" {...tip.area}>
      <button type="button" class="term-word" {...tip.button}>
        {children}
      </button>
      {tip.box}
    </span>
  );
}
