// A run as the page knows it: what its events say, one after the other. Nothing here shows anything.

/** Return a run of which nothing is known yet. */
export function newRun() {
  return { id: "", status: "starting", nodes: new Map(), outputs: {}, usage: {}, seconds: 0, seed: null, error: null };
}

/** Take an event into a run. */
export function takeEvent(run, event) {
  const node = event.node === undefined ? null : nodeOf(run, event.node);
  switch (event.event) {
    case "run_started":
      Object.assign(run, { id: event.run, status: "running", seed: event.seed });
      break;
    case "plan":
      for (const id of event.steps) nodeOf(run, id).state = "queued";
      break;
    case "node_started":
      Object.assign(node, { state: "running", type: event.type });
      break;
    case "node_chunk":
      node.text += event.text;
      node.chunks += 1;
      break;
    case "node_progress":
      node.progress = { label: event.label, done: event.done, total: event.total };
      break;
    case "node_finished":
      Object.assign(node, { state: event.cached ? "cached" : "done", seconds: event.seconds });
      break;
    case "node_failed":
      Object.assign(node, { state: "failed", error: { message: event.message, hint: event.hint } });
      break;
    case "node_skipped":
      Object.assign(node, { state: "skipped", because: event.because, reason: event.reason });
      break;
    case "run_finished":
      Object.assign(run, { status: event.status, outputs: event.outputs, seconds: event.seconds, seed: event.seed });
      run.usage = event.usage ?? {};
      break;
    default: // a newer server may say more
  }
}

/** Whether a run has ended. */
export function ended(run) {
  return !["starting", "running", "stopping"].includes(run.status);
}

/** What a run has cost, in words. */
export function figures(run) {
  const { prompt_tokens: prompt = 0, completion_tokens: written = 0 } = run.usage;
  const words = [];
  if (run.seconds) words.push(seconds(run.seconds));
  if (written) words.push(`${count(written)} tokens written`);
  if (prompt) words.push(`${count(prompt)} read`);
  return words.join(" · ");
}

/** Seconds in words. */
export function seconds(number) {
  if (number < 0.1) return `${Math.round(1000 * number)} ms`;
  if (number < 9.95) return `${number.toFixed(1)} s`;
  return number < 120 ? `${Math.round(number)} s` : `${Math.floor(number / 60)} min ${Math.round(number % 60)} s`;
}

/** A number with its thousands apart. */
export function count(number) {
  return Number(number).toLocaleString("en");
}

function nodeOf(run, id) {
  const fresh = { id, state: "idle", text: "", chunks: 0, seconds: 0, error: null, progress: null };
  if (!run.nodes.has(id)) run.nodes.set(id, fresh);
  return run.nodes.get(id);
}
