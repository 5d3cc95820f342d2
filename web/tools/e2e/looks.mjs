// What holds for every page at every size and in both themes.
import assert from 'node:assert/strict';
import { csvOf, everyPage, settled, test } from './context.mjs';
import { contrastProblems, overlaps } from './measure.mjs';

for (const width of [320, 768, 1280, 2560]) {
  test(`${width} px: no page is wider than the window, no text on text`, async (page) => {
    await page.setViewportSize({ width, height: 800 });
    for (const path of everyPage()) {
      await settled(page, path);
      await page.evaluate(
        () =>
          new Promise((done) =>
            requestAnimationFrame(() => requestAnimationFrame(done)),
          ),
      );
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - innerWidth,
      );
      assert.ok(over <= 0, `${path}: ${over} px too wide`);
      assert.deepEqual(await page.evaluate(overlaps), [], path);
    }
  });
}

for (const theme of ['light', 'dark']) {
  test(`${theme}: every text can be read (contrast 4.5, large 3)`, async (page) => {
    await page.emulateMedia({ colorScheme: theme });
    for (const path of everyPage()) {
      await settled(page, path);
      assert.deepEqual(await page.evaluate(contrastProblems), [], path);
    }
  });
}

test('keyboard: each page can be walked, and the focus is seen', async (page) => {
  for (const path of everyPage()) {
    await settled(page, path);
    const seen = new Set();
    for (let i = 0; i < 400; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const el = document.activeElement;
        if (!el || el === document.body) return null;
        window.walked ??= new Map();
        if (!window.walked.has(el)) window.walked.set(el, window.walked.size);
        const box = el.getBoundingClientRect();
        const style = getComputedStyle(el);
        const seen =
          (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') ||
          style.boxShadow !== 'none' ||
          // A hidden input's label shows the focus for it.
          (el.closest('label') &&
            getComputedStyle(el.closest('label')).outlineStyle !== 'none');
        return {
          number: window.walked.get(el),
          what: el.outerHTML.slice(0, 100),
          seen: seen && box.right > 0 && box.bottom > 0,
        };
      });
      if (!at || seen.has(at.number)) break;
      seen.add(at.number);
      assert.ok(at.seen, `${path}: the focus is not seen on ${at.what}`);
    }
    // The end was reached, and nothing that can be pressed was left out.
    const missed = await page.evaluate(() =>
      [...document.querySelectorAll('a[href], button, input, select, summary')]
        .filter(
          (el) =>
            !el.disabled &&
            el.tabIndex >= 0 &&
            el.checkVisibility() &&
            !(el.type === 'radio') &&
            !window.walked.has(el),
        )
        .map((el) => el.outerHTML.slice(0, 100)),
    );
    assert.deepEqual(missed, [], path);
  }
});

test('every table and chart exports the data that it shows', async (page) => {
  for (const path of everyPage()) {
    await settled(page, path);
    const buttons = page.locator('[data-export]');
    for (let i = 0; i < (await buttons.count()); i++) {
      const csv = await csvOf(page, buttons.nth(i).locator('..'));
      assert.match(csv.name, /\.csv$/, path);
      assert.ok(csv.lines.length > 1, `${path}: ${csv.name} holds no row`);
      const columns = csv.lines[0].replace(/"[^"]*"/g, 'x').split(',').length;
      for (const line of csv.lines) {
        const cells = line.replace(/"(?:[^"]|"")*"/g, 'x').split(',');
        assert.equal(cells.length, columns, `${path}: ${csv.name}: ${line}`);
        for (const cell of cells) assert.doesNotMatch(cell, /^[=+@\t]/);
      }
    }
  }
});
