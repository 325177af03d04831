import path from 'node:path';

/** The built client stands beside the built server: this file ends up in dist/server. */
export const clientFolder = (): string => path.resolve(import.meta.dirname, '../client');
