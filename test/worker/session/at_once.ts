/** What an engine without a crew answers: nothing that is only promised. */
export function atOnce<Answer>(answer: Answer | Promise<Answer>): Answer {
  if (answer instanceof Promise) throw new Error('the answer was only promised');
  return answer;
}
