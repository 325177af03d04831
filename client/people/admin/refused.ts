import type { ErrorTable } from '#client/platform/errors.ts';
import type { Locale } from '#client/platform/format.ts';
import { accountErrors, wordAccountError } from '#client/people/account.errors.ts';
import { closingErrors } from '#client/people/my-data.errors.ts';
import { peopleErrors } from '#client/people/people.errors.ts';
import { AppError } from '#shared/wire/error.ts';

const errors: ErrorTable = { ...accountErrors, ...peopleErrors, ...closingErrors };

/** What a form of the administration says to whoever was refused. */
export const inWords = (failed: unknown, locale: Locale): string => wordAccountError(failed, locale, errors).text;

/**
 * The field a refusal is about: a form knows it by the code (`fields`), or the hub named it. Without `text` where it was
 * filled in as nobody takes it: the form says how it is.
 */
export function refusedField(
  failed: unknown,
  fields: Readonly<Record<string, string>>,
  locale: Locale,
): { field: string; text?: string } | undefined {
  if (!(failed instanceof AppError)) return undefined;
  const field = fields[failed.code];
  if (field !== undefined) return { field, text: inWords(failed, locale) };
  const named = failed.code === 'bad_input' ? failed.details?.['field'] : undefined;
  return typeof named === 'string' ? { field: named } : undefined;
}
