import process from 'node:process';
import sharp, { type Sharp } from 'sharp';

/*
 * A process of its own for one picture: whoever makes a decoder fail, loop or eat memory ends this process and not the
 * hub (security #54). Called with the picture, its type, where the two copies go, and what it may
 * take of time (ms) and memory (bytes); answers with one line of JSON.
 */

const MAX_PIXELS = 40_000_000;
const LONG_SIDE = 4096; // pixels; a document photographed with a phone stays readable
const SMALL_SIDE = 720; // pixels: a message's picture on a screen of twice the density

const [from = '', type = '', to = '', small = '', time = '0', memory = '0'] = process.argv.slice(2);

/** An orderly exit would wait for the thread that decodes: the very thing that does not end. */
const end = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

// Decoding runs on threads of the pool, so this turns while it does.
setInterval(() => {
  if (process.memoryUsage.rss() > Number(memory)) end();
}, 20).unref();

setTimeout(end, Number(time)).unref();

sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });

const encoders: Readonly<Record<string, (picture: Sharp) => Sharp>> = {
  'image/jpeg': (picture) => picture.jpeg({ quality: 85 }),
  'image/png': (picture) => picture.png({ compressionLevel: 8 }),
  'image/webp': (picture) => picture.webp({ quality: 85 }),
};

const open = (at: string): Sharp => sharp(at, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true });

/** Made anew from its pixels, upright, in sRGB: place, device and whatever else the file carried stays behind. */
async function convert(): Promise<object> {
  const encode = encoders[type];
  if (encode === undefined) return { failed: 'files.type' };
  const { width, height } = await open(from).metadata();
  if (width * height > MAX_PIXELS) return { failed: 'files.too_many_pixels' };
  const within = { fit: 'inside', withoutEnlargement: true } as const;
  const whole = open(from)
    .autoOrient()
    .resize({ width: LONG_SIDE, height: LONG_SIDE, ...within });
  const made = await encode(whole).toFile(to);
  if (Math.max(made.width, made.height) <= SMALL_SIDE) return { width: made.width, height: made.height };
  const smaller = open(to).resize({ width: SMALL_SIDE, height: SMALL_SIDE, ...within });
  await smaller.webp({ quality: 75 }).toFile(small);
  return { width: made.width, height: made.height, small: true };
}

const answer = await convert().catch((error: unknown) => {
  const isTooLarge = error instanceof Error && error.message.includes('pixel limit');
  return { failed: isTooLarge ? 'files.too_many_pixels' : 'files.broken' };
});
process.stdout.write(JSON.stringify(answer));
