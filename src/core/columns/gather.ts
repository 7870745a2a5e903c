/** The items at these places, in their order. */
export function gather(items: Int32Array, places: Int32Array): Int32Array {
  const out = new Int32Array(places.length);
  for (let index = 0; index < places.length; index++) out[index] = items[places[index]!]!;
  return out;
}
