// Light and dark: the system's choice, until somebody presses the button.

export type Theme = 'light' | 'dark';
const KEY = 'tinyrig-theme';

function systemTheme(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function stored(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined; // Storage may be forbidden; the system's choice holds.
  }
}

export function currentTheme(): Theme {
  return stored() ?? systemTheme();
}

export function applyTheme(): void {
  const theme = stored();
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** Dispatches "tinyrig-theme" so that canvas charts can redraw. */
export function toggleTheme(): Theme {
  const next: Theme = currentTheme() === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Shown for this view only.
  }
  document.documentElement.dataset.theme = next;
  window.dispatchEvent(new Event('tinyrig-theme'));
  return next;
}
