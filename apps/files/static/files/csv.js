// Tables in text (RFC 4180), as far as they are shown.

/** Return the first rows, each with its cells; without a delimiter the likelier one is taken. */
export function rowsOf(text, delimiter = likely(text), most = 200) {
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || cell) rows.push(row);
    row = [];
    cell = "";
  };
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (letter === '"' && !cell) quoted = true;
    else if (letter === delimiter) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") endRow();
    else if (letter !== "\r") cell += letter;
  }
  // Of what was cut off in the middle, the last row is not whole; it is shown as far as it goes.
  if (rows.length < most && (cell || row.length)) endRow();
  return rows;
}

function likely(text) {
  const [first] = text.split("\n", 1);
  const count = (letter) => first.split(letter).length;
  return count(";") > count(",") ? ";" : ",";
}
