/** The demo server and chromium, for the tests of the page. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const MODELS = inRepository('models');
export const PUBLIC = inRepository('dist/server/public');
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
];

/** The machine may be busy: waiting costs nothing where it is not. */
export const PATIENCE = 90_000;

export const skip = existsSync(CHROMIUM)
  ? false
  : `no chromium at ${CHROMIUM}: apt-get install chromium, or set CHROMIUM`;

export interface OpenOptions {
  width?: number;
  height?: number;
  touch?: boolean;
  /** Address behind the server's, such as `#lab`. */
  hash?: string;
  dark?: boolean;
  permissions?: string[];
}

export interface Opened {
  page: Page;
  /** Whatever the console, the network or a script complained of. */
  complaints: string[];
}

/** `lopper serve`, as it was built: in a process of its own, as its users run it. */
async function serve(data: string): Promise<{ process: ChildProcess; url: string }> {
  const options = [
    'serve',
    '--port',
    '0',
    '--data',
    data,
    '--models',
    MODELS,
    '--log-level',
    'error',
    '--json',
  ];
  const server = spawn(process.execPath, [inRepository('dist/cli/main.js'), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const line of createInterface(server.stdout)) {
    text += line;
    try {
      return { process: server, url: (JSON.parse(text) as { url: string }).url };
    } catch {
      // more lines follow
    }
  }
  throw new Error(`lopper serve: expected its address, got ${text || 'nothing'}; run npm run build`);
}

/** One server and one browser for a test file. */
export class Demo {
  private constructor(
    readonly browser: Browser,
    readonly process: ChildProcess,
    readonly url: string,
  ) {}

  /** @param data a folder for jobs and measurements */
  static async start(data: string, args: readonly string[] = []): Promise<Demo> {
    const server = await serve(data);
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...ARGS, ...args],
      timeout: PATIENCE,
    });
    return new Demo(browser, server.process, server.url);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
  }

  /** A new page, blank; its visitor has no cache. */
  async blank({
    width = 1280,
    height = 900,
    touch = false,
    dark,
    permissions,
  }: OpenOptions = {}): Promise<Opened> {
    const context = await this.browser.newContext({
      viewport: { width, height },
      hasTouch: touch,
      isMobile: touch,
      colorScheme: dark ? 'dark' : 'light',
      permissions,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText;
      // the page closes a job's stream of events itself, often before the server ends it
      const closed = reason === 'net::ERR_ABORTED' && request.url().endsWith('/events');
      if (!closed) complaints.push(`${request.url()}: ${reason}`);
    });
    return { page, complaints };
  }

  /** The page, once the view that the address names is there; Compare, once all its cards are loaded. */
  async open(options: OpenOptions = {}): Promise<Opened> {
    const opened = await this.blank(options);
    await opened.page.goto(`${this.url}${options.hash ?? ''}`);
    await opened.page.waitForSelector(options.hash ? 'body[data-view]' : 'body[data-ready]');
    return opened;
  }
}

/** A field of the card at `index`. */
export const field = (page: Page, index: number, name: string) =>
  page.locator('.card').nth(index).locator(`[data-field="${name}"]`);

export async function value(page: Page, index: number, name: string): Promise<number> {
  return Number((await field(page, index, name).getAttribute('data-value')) ?? NaN);
}

/** Waits until the newest question was answered and timed to its end. */
export const measured = (page: Page) => page.waitForSelector('body[data-measured]');

/** Does `act`, which asks a new question, and waits until all cards were timed. */
export async function measure(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await page.locator('body').getAttribute('data-measured');
  await act();
  await page.waitForFunction(
    (old) => document.body.dataset['measured'] !== undefined && document.body.dataset['measured'] !== old,
    before ?? undefined,
  );
}

export const digits = (page: Page): Promise<string[]> => page.locator('.digit').allTextContents();

/** Moves the mouse, pressed, through points of the unit square of the pad. */
export async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await page.locator('#pad').boundingBox())!;
  const at = ([x, y]: readonly [number, number]): [number, number] => [
    box.x + x * box.width,
    box.y + y * box.height,
  ];
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
  await page.mouse.up();
}
