// Everything that changes what is seen stands in the address: a view that was
// clicked together looks the same in a window that only got its address.
import assert from 'node:assert/strict';
import { need, ready, settled, test, world } from './context.mjs';
import { listen } from './run_test.mjs';

/** What a view shows: its text and the state of its controls, without times. */
async function look(page) {
  await ready(page);
  // The form's datasets come by a request of their own; a lab may have none.
  await page
    .waitForFunction(
      () => document.querySelector('select[name=dataset]')?.length !== 1,
      null,
      { timeout: 3000 },
    )
    .catch(() => {});
  const view = await page.evaluate(() => ({
    title: document.title,
    text: document.querySelector('main').innerText,
    controls: [...document.querySelectorAll('main input, main select')].map(
      (el) => `${el.name || el.type}=${el.checked ?? ''} ${el.value}`,
    ),
  }));
  view.text = view.text
    .replace(/(< )?\d+ (s|min|h|d|days?|hours?) ago|just now/g, 'AGO')
    .replace(/Since \S+ \S+,/g, 'SINCE')
    .replace(/\d+(\.\d+)? ?%/g, 'SHARE')
    .replace(/[ \t]+/g, ' ');
  return view;
}

/** Clicks together, then compares with a fresh window at the same address. */
function permalink(name, start, clicks, wanted) {
  test(`permalink: ${name}`, async (page) => {
    need(world.runs.length > 1, 'two runs');
    await settled(page, start());
    await clicks(page);
    await page.waitForURL((url) => wanted.test(url.pathname + url.search));
    const here = await look(page);
    const fresh = await page.context().browser().newContext({
      viewport: page.viewportSize(),
    });
    try {
      const other = await fresh.newPage();
      const noise = listen(other);
      await other.goto(page.url());
      assert.deepEqual(await look(other), here);
      assert.deepEqual(noise, []);
    } finally {
      await fresh.close();
    }
  });
}

permalink(
  'overview, filtered',
  () => '/',
  async (page) => {
    const box = page.getByRole('textbox').or(page.getByRole('searchbox'));
    await box.first().fill('board_id = nucleo_f746zg');
    await page.keyboard.press('Enter');
  },
  /filter=board_id/,
);
permalink(
  'runs, filtered, sorted and two chosen',
  () => '/runs',
  async (page) => {
    await page.getByLabel('board', { exact: true }).fill('nucleo_f746zg');
    await page.keyboard.press('Enter');
    await page.waitForURL(/board=/);
    await page.getByRole('button', { name: /^latency/ }).click();
    await page.waitForURL(/order=/);
    await ready(page);
    const boxes = page.locator('tbody input[type=checkbox]');
    await boxes.nth(0).check();
    await boxes.nth(1).check();
  },
  /select=r-\d+(,|%2C)r-\d+/,
);
permalink(
  'a run with its layers sorted',
  () => `/runs/${world.runs[0].id}`,
  async (page) => {
    const layers = page.locator('section[aria-labelledby="layers"]');
    await layers.getByRole('button', { name: 'MACs', exact: true }).click();
  },
  /layers=macs/i,
);
permalink(
  'a comparison with everything',
  () => `/compare?runs=${world.runs[0].id},${world.runs[1].id}`,
  (page) => page.getByRole('checkbox', { name: /show everything/ }).check(),
  /all=1/,
);
permalink(
  'a trend of another metric, one board, log scale',
  () => '/trends?board=nucleo_f746zg',
  async (page) => {
    await page.getByLabel('metric').selectOption('flash_bytes');
    await page.waitForURL(/metric=flash_bytes/);
    await page.getByRole('checkbox', { name: 'log scale' }).check();
  },
  /log=1/,
);
permalink(
  'failed jobs, with the panel to submit open',
  () => '/jobs',
  async (page) => {
    await page.getByLabel('state').selectOption('FAILED');
    await page.waitForURL(/state=FAILED/);
    await page.getByRole('button', { name: 'Submit a model' }).click();
  },
  /submit=1/,
);
permalink(
  'the lab, sorted by state',
  () => '/lab',
  (page) =>
    page
      .locator('.table-box')
      .first()
      .getByRole('button', { name: /^state/ })
      .click(),
  /order=state/,
);
