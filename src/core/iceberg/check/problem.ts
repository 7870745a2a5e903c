/** One way in which a table breaks the specification or our own stricter rules. */
export interface Problem {
  /** File, or key of the metadata. */
  readonly where: string;
  /** What was expected and what was found. */
  readonly message: string;
}

/** Collects problems, so that one does not hide the next. */
export interface ProblemReport {
  readonly problems: readonly Problem[];
  add(where: string, message: string): void;
  /** Adds the message unless the condition holds. */
  require(condition: boolean, where: string, message: string): void;
  /** Runs a check; what it throws becomes a problem. */
  attempt<T>(where: string, check: () => T): T | null;
}

export function newProblemReport(): ProblemReport {
  const problems: Problem[] = [];
  const add = (where: string, message: string): void => {
    problems.push({ where, message });
  };
  return {
    problems,
    add,
    require(condition, where, message) {
      if (!condition) add(where, message);
    },
    attempt(where, check) {
      try {
        return check();
      } catch (error) {
        add(where, error instanceof Error ? error.message : String(error));
        return null;
      }
    },
  };
}
