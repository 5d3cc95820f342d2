// What holds for every page at every size and in both themes.
import assert from 'node:assert/strict';
import { csvOf, everyPage, settled, test } from './context.mjs';
import { contrastProblems, overlaps } from './measure.mjs';

test('the eyes of these tests see what is wrong', async (page) => {
  await page.setContent(`<body><h1>t</h1>
    <p style="position:absolute;top:200px">one text</p>
    <p style="position:absolute;top:204px">another text</p>
    <p style="color:#999;background:#fff">pale</p>
    <p style="color:#777;background:#777">none</p></body>`);
  assert.deepEqual(await page.evaluate(overlaps), [
    '"one text" on "another text"',
  ]);
  const pale = await page.evaluate(contrastProblems);
  assert.equal(pale.length, 2);
  assert.match(pale[0], /2\.8\d for "pale"/);
  assert.match(pale[1], /1\.00 for "none"/);
});

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
    let last = -1;
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
      // A date's day, month and year are stops of one element.
      if (!at || (seen.has(at.number) && at.number !== last)) break;
      seen.add(at.number);
      last = at.number;
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
