import * as v from 'valibot';
import { Id, line } from './define.ts';
import { PICTURES } from './files.limits.ts';

/** A file's name as its sender had it, for showing and saving only; a path or a control character is none. */
export const FileName = v.pipe(line(120), v.regex(/^[^\p{C}/\\]+$/u));

const OFFICE = 'application/vnd.openxmlformats-officedocument';
/** Everything that can be uploaded: found in the bytes, never in the name (security #53). */
export const FILE_TYPES = [
  ...PICTURES,
  'application/pdf',
  `${OFFICE}.wordprocessingml.document`,
  `${OFFICE}.spreadsheetml.sheet`,
  `${OFFICE}.presentationml.presentation`,
  'text/plain',
] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** What a reader needs to show a file before any of its bytes are there. Sizes in bytes and pixels. */
export const FileFacts = v.object({
  id: Id,
  name: v.optional(v.string()),
  type: v.picklist(FILE_TYPES),
  size: v.number(),
  width: v.optional(v.number()),
  height: v.optional(v.number()),
});
export type FileFacts = v.InferOutput<typeof FileFacts>;

/** Why a file was not taken, for programs; the interface has its own words for each. */
export const FILE_ERRORS = {
  'files.type': 'Only JPEG, PNG and WebP pictures, PDF, DOCX, XLSX, PPTX and plain UTF-8 text are taken.',
  'files.broken': 'The file cannot be read; it may be damaged.',
  'files.too_many_pixels': 'The picture has more than 40 million pixels.',
  'files.quota': 'You have uploaded too much today. Please try again later.',
} as const;
