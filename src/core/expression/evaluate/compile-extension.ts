import type { Value } from '../../schema/field.ts';
import { checkResult, isThenable } from '../extension/extension-result.ts';
import type { TypedNode } from '../typed-tree.ts';
import type { CompileContext, Evaluate } from './compile-context.ts';

type ExtensionNode = Extract<TypedNode, { kind: 'extension' }>;

/** A call of a user's function: whatever it does wrong is a failure of the row. A null argument gives null without a call. */
export function compileExtension(node: ExtensionNode, context: CompileContext): Evaluate {
  const { name, call, returns } = node.extension;
  const args = node.args.map((arg) => context.compile(arg));
  return (row) => {
    const values: Value[] = [];
    for (const arg of args) {
      const value = arg(row);
      if (value === null) return null;
      values.push(value);
    }
    let result: unknown;
    try {
      result = call(...values);
    } catch (error) {
      throw context.fail(node, `fn:${name} threw ${errorName(error)}`);
    }
    const checked = checkResult(result, returns);
    if (!('problem' in checked)) return checked.value;
    silence(result);
    throw context.fail(node, `fn:${name} ${checked.problem}`);
  };
}

/** The name alone: messages of errors quote what they are about. */
function errorName(error: unknown): string {
  const name = error instanceof Error ? error.name : null;
  return typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : 'something that is no error';
}

/** A promise nobody waits for must not end the process when it is rejected. */
function silence(result: unknown): void {
  if (!isThenable(result)) return;
  try {
    result.then(undefined, () => {});
  } catch {
    // It is no promise that works; nothing was promised.
  }
}
