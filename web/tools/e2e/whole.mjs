// What holds for every page: errors, emptiness, keyboard, widths.
import assert from 'node:assert/strict';
import { everyPage, settled, test, text, world } from './context.mjs';

test(
  'errors: no such run, job and page',
  async (page) => {
    await settled(page, '/runs/r-999999999');
    assert.match(await text(page, '[role=alert]'), /NOT_FOUND/);
    await settled(page, '/jobs/j-999999999');
    assert.match(await text(page, '[role=alert]'), /NOT_FOUND/);
    await settled(page, '/nope');
    assert.match(await text(page, 'h1'), /Not found/);
    await settled(page, '/runs?filter=colour%3Dred');
    assert.match(await text(page, '[role=alert]'), /INVALID_ARGUMENT/);
  },
  { errors: /40[04]/ },
);

test('empty: a filter that nothing passes leads back', async (page) => {
  await settled(page, '/runs?model=no-such-model');
  await page.getByText('No run passes this filter.').waitFor();
  await page.getByRole('link', { name: 'Show all runs' }).click();
  await page.waitForURL(`${world.base}/runs`);
});

test('keyboard: skip link, navigation, focus moves to the new page', async (page) => {
  await settled(page, '/');
  await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(() => document.activeElement.textContent),
    'Skip to the content',
  );
  await page.getByRole('link', { name: 'Lab', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`${world.base}/lab`);
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  assert.equal(await page.title(), 'Lab · tinyrig');
});

test('back and forward walk through the views', async (page) => {
  await settled(page, '/');
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.goBack();
  await page.waitForFunction(
    () => document.querySelector('h1')?.textContent === 'Runs',
  );
  await page.goForward();
  await page.waitForFunction(() =>
    document.querySelector('h1')?.textContent.startsWith('Jobs'),
  );
});

test('themes: the system decides until the button is pressed, then it stays', async (page) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await settled(page, '/');
  const back = () =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await back();
  await page.getByRole('button', { name: /Change to the light theme/ }).click();
  assert.notEqual(await back(), dark);
  await page.reload();
  await page.waitForSelector('h1');
  assert.notEqual(await back(), dark);
});

test('names: every control and picture can be read aloud', async (page) => {
  for (const path of everyPage()) {
    await settled(page, path);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, a, input, select, svg[role=img]')]
        .filter(
          (el) =>
            !(
              el.getAttribute('aria-label') ||
              el.textContent.trim() ||
              el.closest('label')?.textContent.trim() ||
              el.title
            ),
        )
        .map((el) => el.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(nameless, [], path);
    assert.equal(await page.locator('h1').count(), 1, path);
  }
});

test('first view: small, and quick', async (page) => {
  const bodies = [];
  page.on('response', (reply) => {
    if (/\/assets\/|\/$/.test(reply.url())) bodies.push(reply.body());
  });
  const start = Date.now();
  await settled(page, '/');
  const took_ms = Date.now() - start;
  const bytes = (await Promise.all(bodies)).reduce((n, b) => n + b.length, 0);
  console.log(
    `     first view ${took_ms} ms, ${bytes} bytes before compression`,
  );
  assert.ok(bytes < 120_000, `${bytes} bytes`);
});
