/** A refusal as the Iceberg REST protocol tells it. */
export class IcebergRestError extends Error {
  readonly status: number;
  /** `NoSuchTableException`, `CommitFailedException` … */
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}
