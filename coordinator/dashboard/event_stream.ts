// Server-sent events out of a stream of bytes (WHATWG HTML, section 9.2), as far as the coordinator uses them: one line of
// data each.

/** The data of each event, until the stream ends. Rejects when it breaks. */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) yield event.replace(/^data: /, '');
    }
  } finally {
    reader.releaseLock();
  }
}
