// Console and player in a real browser, with a real stream.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { launchChromium, openPage } from './chromium.ts';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const SLOW = { timeout: 30_000 };

let browser: Browser;
let server: TestServer;
let apiPort: number;
let name: string;
let publisher: FfmpegPublisher;
beforeAll(async () => {
  apiPort = await freePort();
  [browser, server] = await Promise.all([
    launchChromium(),
    TestServer.start({
      root: `http_api { enabled on; listen ${apiPort}; raw_api { enabled on; allow_reload on; } }`,
      vhost: 'hls { enabled on; hls_path ./html; hls_fragment 1; hls_window 10; }',
    }),
  ]);
  name = uniqueName('page');
  publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(name), { isLooping: true });
  await publisher.waitUntilPublished(4000);
});
afterAll(async () => {
  await publisher.stop();
  await browser.close();
  await server.stop();
});

const base = () => `http://127.0.0.1:${server.httpPort}`;

interface Playback {
  readonly currentTime: number;
  readonly width: number;
  readonly frames: number;
}

// What runs in the page is text: the tests know no browser types.
const PLAYBACK = `(() => {
  const video = document.querySelector('video');
  const frames = video.getVideoPlaybackQuality().totalVideoFrames;
  return { currentTime: video.currentTime, width: video.videoWidth, frames };
})()`;
const FACTS = `Object.fromEntries(
  [...document.querySelectorAll('dd[data-fact]')].map((fact) => [fact.dataset.fact, fact.textContent]),
)`;
const OVERFLOW = 'document.documentElement.scrollWidth - innerWidth';
const BACKGROUND = 'getComputedStyle(document.body).backgroundColor';
const CHART_POINTS = `(document.querySelector('.chart path.line')?.getAttribute('d') ?? '').split('L').length`;

function playback(page: Page): Promise<Playback> {
  return page.evaluate<Playback>(PLAYBACK);
}

/** Plays on for seconds of media time, and says what the page shows then. */
async function expectPlaying(page: Page): Promise<Record<string, string>> {
  await waitFor('the first frames', async () => (await playback(page)).frames > 10);
  const before = await playback(page);
  await waitFor('3 s more', async () => (await playback(page)).currentTime >= before.currentTime + 3);
  expect((await playback(page)).width).toBe(640);
  return page.evaluate<Record<string, string>>(FACTS);
}

describe('the player', () => {
  test('plays HTTP-FLV from the address that SRS’s console and documents give', async () => {
    const query = `vhost=127.0.0.1&app=live&stream=${name}.flv&server=127.0.0.1&port=${server.httpPort}&autostart=true&schema=http`;
    const { page, complaints } = await openPage(browser, `${base()}/players/srs_player.html?${query}`);
    const facts = await expectPlaying(page);
    expect(facts).toMatchObject({ state: 'playing', resolution: '640x360' });
    expect(facts.codec).toMatch(/avc1.*mp4a/);
    expect(facts.received).toMatch(/kbps|Mbps/);
    expect(Number.parseFloat(facts.latency ?? '')).toBeLessThan(10);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('plays FLV over a WebSocket', async () => {
    const url = `${base()}/players/?autostart=true#ws://127.0.0.1:${server.httpPort}/live/${name}.flv`;
    const { page, complaints } = await openPage(browser, url);
    const facts = await expectPlaying(page);
    expect(facts).toMatchObject({ state: 'playing', resolution: '640x360' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('plays HLS on a phone, in Chinese and dark', async () => {
    const options = { ...PHONE, locale: 'zh-CN', colorScheme: 'dark' } as const;
    const url = `${base()}/players/?autostart=true#${base()}/live/${name}.m3u8`;
    const { page, complaints } = await openPage(browser, url, options);
    expect(await expectPlaying(page)).toMatchObject({ state: '播放中', resolution: '640x360' });
    expect(await page.evaluate(BACKGROUND)).toBe('rgb(16, 21, 28)');
    const overflow = await page.evaluate<number>(OVERFLOW);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('waits for a stream that is not there, and plays it when it comes', async () => {
    const late = uniqueName('late');
    const { page } = await openPage(browser, `${base()}/players/?autostart=true&app=live&stream=${late}.flv`);
    await page.locator('dd[data-fact=state]', { hasText: 'loading' }).waitFor(SLOW);
    const encoder = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(late), {
      isLooping: true,
    });
    await expectPlaying(page);
    await encoder.stop();
    await page.locator('.notice', { hasText: /ended|again/ }).waitFor(SLOW);
    await page.context().close();
  });
});

describe('the console', () => {
  test('shows streams, rates and clients, and kicks one off', async () => {
    const kicked = uniqueName('kicked');
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), kicked);
    const { page, complaints } = await openPage(browser, `${base()}/`);
    await page.waitForURL(/\/console\/$/);
    const row = page.locator('tr', { hasText: `/live/${name}` });
    await row.locator('td', { hasText: 'H264 High' }).waitFor(SLOW);
    await row
      .locator('td', { hasText: /^[1-9]\d* kbps$/ })
      .first()
      .waitFor(SLOW);
    await waitFor('a line in the chart', async () => (await page.evaluate<number>(CHART_POINTS)) > 2);
    await page.click('nav a[data-tab=clients]');
    const client = page.locator('tr', { hasText: kicked });
    await client.locator('td', { hasText: '127.0.0.1' }).waitFor(SLOW);
    await client.getByRole('button', { name: 'Kick off' }).click();
    await page.locator('dialog button[value=yes]').click();
    await peer.waitForClose();
    await client.waitFor({ state: 'detached', ...SLOW });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('on a phone: every view in both languages fits the screen', async () => {
    for (const locale of ['en-US', 'zh-CN']) {
      const { page, complaints } = await openPage(browser, `${base()}/console/`, { ...PHONE, locale });
      for (const tab of ['overview', 'streams', 'clients', 'vhosts', 'server']) {
        await page.click(`nav a[data-tab=${tab}]`);
        await page.locator('main .card').first().waitFor(SLOW);
        const overflow = await page.evaluate<number>(OVERFLOW);
        expect([tab, overflow <= 0]).toEqual([tab, true]);
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });

  test('says what the last reload did, and reloads', async () => {
    const { page } = await openPage(browser, `http://127.0.0.1:${apiPort}/console/#/server`);
    await page.getByRole('button', { name: 'Reload now' }).click(SLOW);
    await page
      .locator('.card', { hasText: 'Last reload' })
      .locator('p', { hasText: 'Successful' })
      .waitFor(SLOW);
    await page.context().close();
  });

  test('shows a name that looks like markup as text', async () => {
    const evil = `<svg/onload=document.title='pwned'>${uniqueName('x')}`;
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), evil);
    const { page } = await openPage(browser, `${base()}/console/#/streams`);
    await page.locator('td', { hasText: '<svg/onload' }).first().waitFor(SLOW);
    expect(await page.title()).toBe('Console');
    peer.destroy();
    await page.context().close();
  });

  test('asks for the address of an API that does not answer', async () => {
    const { page } = await openPage(browser, `${base()}/console/?port=${await freePort()}`);
    await page.locator('form', { hasText: 'does not answer' }).waitFor(SLOW);
    await page.fill('input[name=address]', `http://127.0.0.1:${apiPort}`);
    await page.click('form button');
    await page.locator('tr', { hasText: `/live/${name}` }).waitFor(SLOW);
    await page.context().close();
  });

  test('asks for a user name and a password if the API wants them', async () => {
    const port = await freePort();
    const guarded = await TestServer.start({
      root: `http_api { enabled on; listen ${port}; auth { enabled on; username admin; password secret; } }`,
    });
    const { page } = await openPage(browser, `http://127.0.0.1:${guarded.httpPort}/console/`);
    await page.fill('input[name=user]', 'admin', SLOW);
    await page.fill('input[name=password]', 'secret');
    await page.click('form button');
    await page.locator('.tile').first().waitFor(SLOW);
    expect((await http(port, '/api/v1/streams/')).status).toBe(401);
    await page.context().close();
    await guarded.stop();
  });
});
