import { existsSync } from 'node:fs';
import process from 'node:process';

export interface Chromium {
  executablePath: string;
  args: string[];
}
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** $CHROMIUM, else the system's, else the one inside @sparticuz/chromium (Linux x64), else undefined (in CI: an error). */
export async function findChromium(): Promise<Chromium | undefined> {
  const given = process.env['CHROMIUM'];
  if (given === 'none') return undefined;
  const found =
    given ?? (process.env['CHROMIUM_BUNDLED'] === undefined ? SYSTEM.find((p) => existsSync(p)) : undefined);
  if (found !== undefined) return { executablePath: found, args: ARGS };
  if (process.platform === 'linux' && process.arch === 'x64') {
    process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x'; // makes the package unpack its own NSS libraries
    const { default: bundled } = await import('@sparticuz/chromium');
    if (existsSync('/etc/fonts')) delete process.env['FONTCONFIG_PATH']; // it sets this; the system's fonts have Chinese
    return { executablePath: await bundled.executablePath(), args: ARGS };
  }
  const say = 'No Chromium found: set CHROMIUM=/path/to/chrome or install one; browser tests are left out.';
  if (process.env['CI'] !== undefined) throw new Error(say);
  console.warn(say);
  return undefined;
}
