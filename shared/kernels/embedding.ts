// Embedding: rows of a table, chosen by ids.

/** output[row] = table[ids[row]]; ids are i32 and within the table. */
export function embedding(output: usize, table: usize, ids: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  for (let row = 0; row < rows; row++, ids += 4, output += bytes) {
    memory.copy(output, table + <usize>load<i32>(ids) * bytes, bytes);
  }
}

/** tableGradient[id] = Σ outputGradient[row] over the rows with that id, from row 0 upwards; `entries` rows in all. */
export function embeddingGradient(
  tableGradient: usize, outputGradient: usize, ids: usize, rows: i32, columns: i32, entries: i32,
): void {
  const bytes = <usize>columns << 2;
  memory.fill(tableGradient, 0, <usize>entries * bytes);
  for (let row = 0; row < rows; row++, ids += 4) {
    let sum = tableGradient + <usize>load<i32>(ids) * bytes;
    const end = outputGradient + bytes;
    for (; outputGradient + 16 <= end; outputGradient += 16, sum += 16) {
      v128.store(sum, f32x4.add(v128.load(sum), v128.load(outputGradient)));
    }
    for (; outputGradient < end; outputGradient += 4, sum += 4) {
      store<f32>(sum, load<f32>(sum) + load<f32>(outputGradient));
    }
  }
}
