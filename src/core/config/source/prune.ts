import type { z } from 'zod';
import type { ConfigPath } from './config-issue.ts';
import { valueAt } from './reporter.ts';

export type ZodIssue = z.core.$ZodIssue;

/** Each round takes out at least one value; real files need two or three rounds. */
const MAX_PRUNE_ROUNDS = 200;

/** Takes the invalid values out until the rest validates, or gives up when the root itself is wrong. */
export function parsePruned<T>(
  model: z.ZodType<T>,
  original: unknown,
  firstIssues: readonly ZodIssue[],
): T | null {
  const value = cloneTree(original);
  let issues = firstIssues.filter(
    (issue) => valueAt(original, issue.path as ConfigPath) !== undefined,
  );
  for (let round = 0; round < MAX_PRUNE_ROUNDS; round += 1) {
    if (!issues.every((issue) => pruneIssue(value, issue, []))) return null;
    dropPrunedItems(value);
    const result = model.safeParse(value);
    if (result.success) return result.data;
    issues = result.error.issues;
  }
  return null;
}

function pruneIssue(root: unknown, issue: ZodIssue, parent: ConfigPath): boolean {
  const path = [...parent, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.every((key) => removeAt(root, [...path, key]));
  }
  if (issue.code === 'invalid_union') {
    const branch = fittingBranch(issue.errors);
    if (branch !== null) return branch.every((nested) => pruneIssue(root, nested, path));
  }
  return removeAt(root, path);
}

/** Stands for a removed list item until the round ends: later issues of the round use the old indexes. */
const PRUNED = Symbol('pruned');

function dropPrunedItems(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value))
    value.splice(0, value.length, ...value.filter((item) => item !== PRUNED));
  for (const entry of Object.values(value)) dropPrunedItems(entry);
}

/** Removes a value; a value that is already missing was required, so its parent goes instead. */
function removeAt(root: unknown, path: ConfigPath): boolean {
  const key = path.at(-1);
  if (key === undefined) return false;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(root, parentPath);
  // A sibling issue may have removed the parent already.
  if (typeof parent !== 'object' || parent === null) return true;
  if (Array.isArray(parent) && typeof key === 'number' && key < parent.length) {
    parent[key] = PRUNED;
    return true;
  }
  if (!Object.hasOwn(parent, key)) return removeAt(root, parentPath);
  delete (parent as Record<string | number, unknown>)[key];
  return true;
}

function cloneTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloneTree);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) copy[key] = cloneTree(entry);
  return copy;
}

/** The branch of a union whose kind fits the value, so that its own issues are the helpful ones. */
export function fittingBranch(
  branches: readonly (readonly ZodIssue[])[],
): readonly ZodIssue[] | null {
  return branches.find((issues) => !issues.some(rejectsWholeValue)) ?? null;
}

function rejectsWholeValue(issue: ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return fittingBranch(issue.errors) === null;
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}
