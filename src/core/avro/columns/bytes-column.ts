import type { Vector } from '#core/columns/vector.ts';
import type { Value } from '#core/schema/field.ts';
import { ByteRanges, bytesOf } from './byte-ranges.ts';
import { type Column, NullableColumn } from './column.ts';

/** Byte strings, as views of the batch's data. */
export class BytesColumn extends NullableColumn implements Column {
  readonly kind = 'bytes';
  readonly ranges = new ByteRanges();

  allocate(capacity: number, keep: number): void {
    this.ranges.allocate(capacity, keep);
    this.allocateValidity(capacity, keep);
  }

  override begin(used: number): void {
    super.begin(used);
    this.ranges.clear();
  }

  fillValue(from: number, to: number, value: Value): void {
    this.ranges.starts.fill(this.ranges.addConstant(bytesOf(value)), from, to);
  }

  finish(length: number, data: Uint8Array): Vector {
    return this.ranges.finish(data, { length, validity: this.finishValidity(length) });
  }
}
