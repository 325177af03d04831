import { Context } from 'mingo';
import * as expressionOperators from 'mingo/operators/expression/boolean';
import * as comparisonOperators from 'mingo/operators/expression/comparison';
import * as queryOperators from 'mingo/operators/query';
import * as updateOperators from 'mingo/operators/update';
import { isEqual } from 'mingo/util';
import mongoose from 'mongoose';
import { serverError } from './errors.ts';
import type { Doc } from './keys.ts';
import { comparable, guarded, isPlain, refuseScripts, runPipeline } from './mingo.ts';

/*
 * What an update makes of a document. mingo's operators do the work; here is what MongoDB refuses and mingo would
 * silently leave undone, and the two places where mingo's results differ.
 */

const { Long } = mongoose.mongo;
type Operators = Record<string, Doc>;
type Mutate = (expression: Doc, arrayFilters: Doc[], options: never) => (doc: Doc) => string[];

const OPERATORS = updateOperators as unknown as Record<string, Mutate | undefined>;
const context = Context.init()
  .addQueryOps(queryOperators)
  .addExpressionOps(expressionOperators)
  .addExpressionOps(comparisonOperators);
const PIPELINE = new Set(['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith']);
const NUMERIC = new Set(['$inc', '$mul', '$min', '$max', '$bit']);
const ARRAYS = new Set(['$push', '$addToSet', '$pull', '$pullAll', '$pop']);

interface UpdateContext {
  /** The filter that found the document: what `$` points into. */
  filter: Doc;
  arrayFilters?: Doc[] | undefined;
  /** `$setOnInsert` counts. */
  inserting: boolean;
}

/** mingo's own options, made by hand because it builds them anew, context and all, for every update. */
function optionsFor(filter: Doc): never {
  const now = new Date();
  const local = { condition: filter, updateConfig: { cloneMode: 'deep' } };
  // `idKey` names no field: mingo refuses any mention of `_id`, MongoDB only a change, which write.ts looks for.
  return { context, scriptEnabled: false, useStrictMode: true, failOnError: true, idKey: '\0', local, now } as never;
}

/**
 * Changes `doc` in place by update operators, or returns what an update pipeline makes of it.
 * @throws MongoServerError for unknown operators, paths in conflict, and what does not fit the document
 */
export function applyUpdate(doc: Doc, update: Doc | Doc[], { filter, arrayFilters, inserting }: UpdateContext): Doc {
  refuseScripts(update);
  if (Array.isArray(update)) return applyPipeline(doc, update);
  const operators = toOperators(update, inserting);
  checkConflicts(operators);
  for (const [operator, fields] of Object.entries(operators)) {
    for (const path of Object.keys(fields)) if (!path.includes('$')) checkPath(doc, operator, path);
  }
  const options = optionsFor(filter);
  const run = (operator: string, fields: Doc) =>
    guarded(() => OPERATORS[operator]?.(fields, arrayFilters ?? [], options)(doc));
  for (const [operator, fields] of Object.entries(operators)) {
    if (operator === '$push') run('$set', missingArrays(doc, fields)); // else mingo would overlook $slice and $sort
    if (operator === '$addToSet') run('$push', missingItems(doc, fields));
    else run(operator, fields);
  }
  return doc;
}

function applyPipeline(doc: Doc, pipeline: Doc[]): Doc {
  const unknown = pipeline.flatMap((stage) => Object.keys(stage)).find((stage) => !PIPELINE.has(stage));
  if (unknown !== undefined)
    throw serverError('invalidOptions', `${unknown} is not allowed to be used within an update`);
  return runPipeline([doc], pipeline, () => [])[0] ?? doc;
}

function toOperators(update: Doc, inserting: boolean): Operators {
  const { $setOnInsert, ...rest } = update as Operators;
  const operators: Operators = {};
  for (const [operator, fields] of Object.entries(rest)) {
    if (OPERATORS[operator] === undefined) throw serverError('failedToParse', `Unknown modifier: ${operator}`);
    operators[operator] = NUMERIC.has(operator) ? (comparable(fields) as Doc) : fields;
  }
  if (inserting && $setOnInsert !== undefined) operators['$set'] = { ...operators['$set'], ...$setOnInsert };
  return operators;
}

/** One path may be named once, and not together with one inside it: the result would depend on the order. */
function checkConflicts(operators: Operators): void {
  const paths = Object.values(operators).flatMap((fields) => Object.keys(fields));
  paths.push(...Object.values(operators['$rename'] ?? {}).map(String));
  const seen = new Set<string>();
  const parents = new Set<string>();
  for (const path of paths) {
    const above = path.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'));
    if (parents.has(path) || above.some((parent) => seen.has(parent))) {
      throw serverError('conflictingUpdate', `Updating the path '${path}' would create a conflict at '${path}'`);
    }
    seen.add(path);
    above.forEach((parent) => parents.add(parent));
  }
}

function checkPath(doc: Doc, operator: string, path: string): void {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let at: Doc = doc;
  for (const part of parts) {
    const inner = at[part];
    if (inner === undefined) return;
    if (!isPlain(inner) && !Array.isArray(inner)) {
      if (operator === '$unset' || operator === '$rename') return;
      throw serverError(
        'pathNotViable',
        `Cannot create field '${last}' in element {${part}: ${JSON.stringify(inner)}}`,
      );
    }
    at = inner as Doc;
  }
  const value = at[last];
  if (value === undefined) return;
  if (NUMERIC.has(operator) && value instanceof Long) at[last] = value.toNumber();
  else if ((operator === '$inc' || operator === '$mul') && typeof value !== 'number') {
    throw serverError('typeMismatch', `Cannot apply ${operator} to a value of non-numeric type: ${path}`);
  } else if (ARRAYS.has(operator) && !Array.isArray(value)) {
    throw serverError('badValue', `The field '${path}' must be an array`);
  }
}

function valueAt(doc: Doc, path: string): unknown {
  return path.split('.').reduce<unknown>((value, part) => (value as Doc | null | undefined)?.[part], doc);
}

function missingArrays(doc: Doc, fields: Doc): Doc {
  const missing = Object.keys(fields).filter((path) => !path.includes('$') && valueAt(doc, path) === undefined);
  return Object.fromEntries(missing.map((path) => [path, []]));
}

/** `$addToSet` as a `$push` of what is not there: mingo's own loses the new item where the array repeats an old one. */
function missingItems(doc: Doc, fields: Doc): Doc {
  const pushed = Object.entries(fields).map(([path, what]) => {
    const each: unknown[] = isPlain(what) && Array.isArray(what['$each']) ? what['$each'] : [what];
    const present: unknown[] = [...((valueAt(doc, path) as unknown[] | undefined) ?? [])].map((item) =>
      comparable(item),
    );
    const fresh = each.filter((item) => {
      const isNew = !present.some((other) => isEqual(other, comparable(item)));
      if (isNew) present.push(comparable(item));
      return isNew;
    });
    return [path, { $each: fresh }] as const;
  });
  return Object.fromEntries(pushed);
}
