/** One step into a value: a member or an element. */
type Step = string | number;

const STEP = /\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/y;

/**
 * The paths EventBridge knows: `$`, members and elements (`$.detail.items[0].id`). Throws an Error for any other.
 * Source: EventBridge user guide, "Amazon EventBridge input transformation".
 */
export function parseJsonPath(path: string): readonly Step[] {
  const steps: Step[] = [];
  let position = 1;
  while (path.startsWith('$') && position < path.length) {
    STEP.lastIndex = position;
    const match = STEP.exec(path);
    if (match === null) break;
    const [, member, index, quoted] = match;
    steps.push(index === undefined ? (member ?? quoted ?? '') : Number(index));
    position = STEP.lastIndex;
  }
  if (path.startsWith('$') && position >= path.length) return steps;
  throw new Error(`expected a path such as $.detail.state, got ${JSON.stringify(path)}`);
}

/** Undefined where the path leads nowhere. */
export function valueAt(value: unknown, path: string): unknown {
  let current = value;
  for (const step of parseJsonPath(path)) {
    const holds = current !== null && typeof current === 'object' && Object.hasOwn(current, step);
    if (!holds) return undefined;
    current = (current as Readonly<Record<Step, unknown>>)[step];
  }
  return current;
}
