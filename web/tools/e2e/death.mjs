// What dies: the agent, then the server under open pages. Runs last.
import assert from 'node:assert/strict';
import { learn, ready, settled, test, text, world } from './context.mjs';
import { listen } from './run_test.mjs';

const gone = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|ERR_NETWORK|ERR_FAILED/;

test(
  'a dead agent: its boards go OFFLINE on the open page, lists stay quick',
  async (page) => {
    await settled(page, '/lab');
    await page.getByText('IDLE', { exact: true }).first().waitFor();
    await world.lab.killAgent();
    const rows = page.locator('.table-box').first().locator('tbody tr');
    await rows.nth(world.boards.length - 1).waitFor();
    await page.waitForFunction(
      // The boards; below, the changes of state keep what was.
      () => !document.querySelector('.table-box')?.innerText.includes('IDLE'),
    );
    assert.equal(
      await rows.getByText('OFFLINE', { exact: true }).count(),
      world.boards.length,
    );
    await settled(page, '/runs');
    assert.equal(await page.locator('tbody tr').count(), world.runs.length);
  },
  { phase: 'death' },
);

test(
  'a dead server: a banner on every page; back on its port, all come back',
  async (runs) => {
    await learn(world.base, world.lab);
    const context = runs.context();
    const lab = await context.newPage();
    const run = await context.newPage();
    const noise = [...listen(lab, gone), ...listen(run, gone)];
    await settled(runs, '/runs');
    await settled(lab, '/lab');
    await settled(run, `/runs/${world.runs[0].id}`);
    const before = await text(run, 'main');
    await world.lab.killServer();

    // A live page notices by itself, the others when they ask for something.
    await lab.getByText('The server does not answer.').waitFor();
    await runs.getByRole('button', { name: /^latency/ }).click();
    await runs.getByText('The server does not answer.').waitFor();
    await runs.locator('main [role=alert]').getByText('UNREACHABLE').waitFor();
    // What was loaded stays readable.
    assert.equal(await text(run, 'main'), before);

    await world.lab.startServer();
    for (const page of [runs, lab]) {
      await page.waitForFunction(
        () => !document.querySelector('.banner, main .error, .loading'),
        undefined,
        { timeout: 45_000 },
      );
      await ready(page);
    }
    const order = await runs.locator('tbody tr').count();
    assert.equal(order, world.runs.length);
    await lab.getByText('live', { exact: true }).waitFor();
    await run.reload();
    await ready(run);
    assert.equal(await text(run, 'main'), before);
    assert.deepEqual(noise, []);
  },
  { phase: 'death', errors: gone, timeout: 90_000 },
);
