import type { Express, RequestHandler } from 'express';
import { AppError } from '#shared/wire/error.ts';
import { addressOf, type Believed } from './address.ts';
import { ANONYMOUS, type Limiter } from './limits.ts';

/**
 * The limit of the pages anybody may read, by address. A refusal is a sentence in both languages, because a resident
 * reads it, and is kept by no cache, because the next neighbour would get it.
 */
export function anonymousLimit(app: Express, limiter: Limiter | undefined): RequestHandler {
  return (request, response, next) => {
    const address = addressOf(request, app.get('trust proxy fn') as Believed);
    if (limiter === undefined || address === undefined) {
      next();
      return;
    }
    try {
      limiter.take(`${address} public`, ANONYMOUS.page);
      if (request.path === '/verify') limiter.take(`${address} verify`, ANONYMOUS.verify);
      next();
    } catch (error) {
      const seconds = error instanceof AppError ? error.details?.retryAfter : undefined;
      if (seconds === undefined) throw error;
      response
        .status(429)
        .set({ 'Retry-After': String(seconds), 'Cache-Control': 'no-store' })
        .type('text');
      response.send(
        `打开得太快了。请等 ${seconds} 秒再打开这一页。\nThat was too fast. Please open this page again in ${seconds} s.\n`,
      );
    }
  };
}
