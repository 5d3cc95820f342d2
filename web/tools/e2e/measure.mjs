// What a person would see at once, measured; these run inside the page.

/** Pairs of texts that lie on each other. */
export function overlaps() {
  const shown = (el) =>
    el.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !el.closest('.visually-hidden, .skip, .tip, .uplot, option, datalist');
  const clip = (el, box) => {
    let { left, top, right, bottom } = box;
    for (let up = el; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === 'visible') continue;
      const hole = up.getBoundingClientRect();
      left = Math.max(left, hole.left);
      right = Math.min(right, hole.right);
      top = Math.max(top, hole.top);
      bottom = Math.min(bottom, hole.bottom);
    }
    return { left, top, right, bottom };
  };
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const el = node.parentElement;
    if (!node.data.trim() || !el || !shown(el)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const raw of range.getClientRects()) {
      const box = clip(el, raw);
      // Line boxes are higher than letters: a fifth off at both ends.
      const trim = (raw.bottom - raw.top) / 5;
      box.top += trim;
      box.bottom -= trim;
      if (box.right - box.left > 2 && box.bottom - box.top > 2)
        boxes.push({ ...box, node, words: node.data.trim().slice(0, 40) });
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  const found = [];
  boxes.forEach((a, i) => {
    for (let j = i + 1; j < boxes.length && boxes[j].top < a.bottom; j++) {
      const b = boxes[j];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      // Sticky heads cover rows on purpose.
      const sticky = [a, b].some(
        (box) =>
          getComputedStyle(
            box.node.parentElement.closest('th') ?? document.body,
          ).position === 'sticky',
      );
      if (across > 2 && a.node !== b.node && !sticky)
        found.push(`"${a.words}" on "${b.words}"`);
    }
  });
  return found.slice(0, 5);
}

/** Texts whose colour is too near to what is behind them (WCAG 2 AA). */
export function contrastProblems() {
  const parse = (css) => {
    const n = css.match(/[\d.]+/g).map(Number);
    return { rgb: n.slice(0, 3), alpha: n[3] ?? 1 };
  };
  const over = (top, alpha, under) =>
    top.map((v, i) => v * alpha + under[i] * (1 - alpha));
  const background = (el) => {
    const layers = [];
    for (let up = el; up; up = up.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(up).backgroundColor);
      if (alpha > 0) layers.push({ rgb, alpha });
      if (alpha === 1) break;
    }
    return layers.reduceRight(
      (under, { rgb, alpha }) => over(rgb, alpha, under),
      [255, 255, 255],
    );
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => {
      const c = v / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Set();
  for (const el of document.querySelectorAll('body *')) {
    const own = [...el.childNodes].some(
      (n) => n.nodeType === Node.TEXT_NODE && n.data.trim(),
    );
    if (!own || el.closest('svg, [disabled], option, .skip, .visually-hidden'))
      continue;
    if (!el.checkVisibility({ opacityProperty: true })) continue;
    const style = getComputedStyle(el);
    if (!/^rgb/.test(style.color)) {
      found.add(`${el.tagName}: colour ${style.color} cannot be judged`);
      continue;
    }
    const behind = background(el);
    const { rgb, alpha } = parse(style.color);
    const [dark, light] = [
      luminance(over(rgb, alpha, behind)),
      luminance(behind),
    ].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size_px = parseFloat(style.fontSize);
    const large =
      size_px >= 24 || (size_px >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5))
      found.add(
        `${el.tagName}.${el.className}: ${ratio.toFixed(2)} for "${el.textContent.trim().slice(0, 30)}"`,
      );
  }
  return [...found].slice(0, 5);
}
