// Node's fetch and FormData. Arguments: URL, file, media type, user:password.
import { readFileSync } from "node:fs";

const [url, file, type, credentials] = process.argv.slice(2);
const form = new FormData();
form.append("note", "an ordinary field");
form.append("avatar", new Blob([readFileSync(file)], { type }), 'päss "1".img');
const answer = await fetch(url, {
  method: "POST",
  headers: { Authorization: "Basic " + Buffer.from(credentials).toString("base64") },
  body: form,
});
console.log(await answer.text());
