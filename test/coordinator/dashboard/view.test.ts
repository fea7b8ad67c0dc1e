import { describe, expect, it } from 'vitest';
import { languageFor } from '../../../coordinator/dashboard/language.ts';
import { addressOf, viewFor } from '../../../coordinator/dashboard/view.ts';

describe('viewFor', () => {
  it('is the one that is asked for, else one that suits the width', () => {
    expect(viewFor('?view=projector', 390)).toBe('projector');
    expect(viewFor('', 390)).toBe('phone');
    expect(viewFor('?view=cinema', 1280)).toBe('laptop');
  });
});

describe('addressOf', () => {
  it('keeps what else the address says', () => {
    expect(addressOf('phone', '?lang=ko', '#join')).toBe('?lang=ko&view=phone#join');
  });
});

describe('languageFor', () => {
  it('is the first language that the page speaks, else English', () => {
    expect(languageFor(['de-AT', 'ko-KR', 'ar'])).toBe('ko');
    expect(languageFor(['fr'])).toBe('en');
  });
});
