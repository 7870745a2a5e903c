import type { Vector } from '#core/columns/vector.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { type Column, NullableColumn } from './column.ts';
import type { ColumnSpace } from './column-space.ts';
import { KeyLog } from './key-log.ts';
import type { StringColumn } from './string-column.ts';

/** What lists and maps have in common: slots of their own for items, found by offsets. */
abstract class OffsetsColumn extends NullableColumn {
  offsets = new Int32Array(1);
  readonly child: ColumnSpace;

  constructor(child: ColumnSpace) {
    super();
    this.child = child;
  }

  allocate(capacity: number, keep: number): void {
    const offsets = new Int32Array(capacity + 1);
    offsets.set(this.offsets.subarray(0, keep + 1));
    this.offsets = offsets;
    this.allocateValidity(capacity, keep);
  }

  override begin(used: number): void {
    super.begin(used);
    this.offsets[0] = 0;
    this.child.begin(0);
  }

  override takeBack(from: number, to: number): void {
    super.takeBack(from, to);
    this.child.truncate(this.offsets[from] as number);
  }

  override fillMissing(from: number, to: number): void {
    super.fillMissing(from, to);
    this.offsets.fill(this.child.length, from + 1, to + 1);
  }

  /** One more item; its slot. */
  protected push(): number {
    this.child.reserve(this.child.length + 1);
    return this.child.length++;
  }
}

export class ListColumn extends OffsetsColumn implements Column {
  readonly kind = 'list';
  readonly element: Column;

  constructor(child: ColumnSpace, element: Column) {
    super(child);
    this.element = element;
  }

  fillValue(from: number, to: number, value: Value): void {
    for (let slot = from; slot < to; slot++) {
      for (const item of value as readonly Value[]) fillSlot(this.element, this.push(), item);
      this.offsets[slot + 1] = this.child.length;
    }
  }

  finish(length: number, data: Uint8Array): Vector {
    const element = this.element.finish(this.child.length, data);
    const { kind, offsets } = this;
    return { kind, length, validity: this.finishValidity(length), offsets, element };
  }
}

export class MapColumn extends OffsetsColumn implements Column {
  readonly kind = 'map';
  readonly keys: StringColumn;
  readonly values: Column;
  /** Keys of the map that is being decoded. */
  readonly keyLog = new KeyLog();

  constructor(child: ColumnSpace, keys: StringColumn, values: Column) {
    super(child);
    this.keys = keys;
    this.values = values;
  }

  override begin(used: number): void {
    super.begin(used);
    this.keyLog.begin();
  }

  fillValue(from: number, to: number, value: Value): void {
    for (let slot = from; slot < to; slot++) {
      for (const [key, item] of value as ReadonlyMap<string, Value>) {
        const entry = this.push();
        this.keys.fillValue(entry, entry + 1, key);
        fillSlot(this.values, entry, item);
      }
      this.offsets[slot + 1] = this.child.length;
    }
  }

  finish(length: number, data: Uint8Array): Vector {
    const keys = this.keys.finish(this.child.length, data);
    const values = this.values.finish(this.child.length, data);
    const { kind, offsets } = this;
    return { kind, length, validity: this.finishValidity(length), offsets, keys, values };
  }
}

/** Records: a column per field, in the same slots. */
export class StructColumn extends NullableColumn implements Column {
  readonly kind = 'struct';
  readonly children: readonly Column[];
  /** Stored names of the fields. */
  readonly names: readonly string[];

  constructor(names: readonly string[], children: readonly Column[]) {
    super();
    this.names = names;
    this.children = children;
  }

  allocate(capacity: number, keep: number): void {
    this.allocateValidity(capacity, keep);
  }

  /** A missing record's fields are missing. */
  override fillMissing(from: number, to: number): void {
    super.fillMissing(from, to);
    for (const child of this.children) child.fillMissing(from, to);
  }

  fillValue(from: number, to: number, value: Value): void {
    const row = value as Row;
    for (let slot = from; slot < to; slot++) {
      this.children.forEach((child, index) => {
        fillSlot(child, slot, row[this.names[index] ?? ''] ?? null);
      });
    }
  }

  finish(length: number, data: Uint8Array): Vector {
    const children = this.children.map((child) => child.finish(length, data));
    return { kind: this.kind, length, validity: this.finishValidity(length), children };
  }
}

function fillSlot(column: Column, slot: number, value: Value): void {
  if (value === null) column.fillMissing(slot, slot + 1);
  else column.fillValue(slot, slot + 1, value);
}
