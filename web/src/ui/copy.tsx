import { useState } from 'preact/hooks';

/** A command or hash to copy; works without the clipboard by selecting it. */
export function Copy({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = (event: MouseEvent) => {
    const code = (event.currentTarget as Element).previousElementSibling;
    const shown = () => {
      setDone(true);
      setTimeout(() => setDone(false), 2000);
    };
    // The clipboard exists on https and localhost only.
    if (navigator.clipboard)
      void navigator.clipboard.writeText(text).then(shown);
    else if (code) getSelection()?.selectAllChildren(code);
  };
  return (
    <span class="copy">
      <code>{text}</code>
      <button type="button" onClick={copy}>
        {done ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}
