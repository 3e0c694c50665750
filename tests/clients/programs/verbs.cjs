// How a program is told what to do: `PROGRAM VERB WORD...`, JSON comes out.
"use strict";

exports.obey = async (client) => {
  const [verb, ...words] = process.argv.slice(2);
  const answer = await client[verb](...words);
  process.stdout.write(JSON.stringify(answer ?? null));
};
