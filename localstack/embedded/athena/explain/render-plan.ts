import type { PlanNode } from './plan-node.ts';

/** The plan as a tree of lines. */
export function planText(root: PlanNode): string {
  return `${nodeLines(root).join('\n')}\n`;
}

function nodeLines({ name, subject, details, children }: PlanNode): readonly string[] {
  const bar = children.length === 0 ? '  ' : '│ ';
  const lines = [
    subject === '' ? name : `${name} [${subject}]`,
    ...details.map(([key, value]) => `${bar}  ${key} = ${value}`),
  ];
  children.forEach((child, index) => {
    const isLast = index === children.length - 1;
    const [first = '', ...rest] = nodeLines(child);
    lines.push(`${isLast ? '└─' : '├─'} ${first}`);
    lines.push(...rest.map((line) => `${isLast ? '  ' : '│ '} ${line}`));
  });
  return lines;
}

/** The plan in the members of Trino's JSON format. Source: Trino documentation, EXPLAIN. */
export function planJson(root: PlanNode): string {
  let ids = 0;
  const convert = ({ name, subject, details, children }: PlanNode): unknown => ({
    id: String(ids++),
    name,
    descriptor: subject === '' ? {} : { subject },
    outputs: [],
    details: details.map(([key, value]) => `${key} = ${value}`),
    estimates: [],
    children: children.map(convert),
  });
  return JSON.stringify(convert(root), null, 2);
}
