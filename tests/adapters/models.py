"""Small torch models of the kinds that people write."""

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn

T, B, M, N = 6, 3, 2, 4


class Reader(nn.Module):
    """Tokens through an embedding, a recurrence and a readout, batch first."""

    def __init__(self, kind="LSTM", dropout=0.0, **options):
        super().__init__()
        self.embedding = nn.Embedding(5, M)
        self.encoder = nn.Sequential()
        self.encoder.core = getattr(nn, kind)(M, N, batch_first=True, **options)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(N * (2 if options.get("bidirectional") else 1), 5)

    def forward(self, tokens):
        output, _ = self.encoder.core(self.embedding(tokens))
        return self.head(self.dropout(output))


class Looped(nn.Module):
    """A cell called step by step, as people write it."""

    def __init__(self, kind="LSTMCell"):
        super().__init__()
        self.cell = getattr(nn, kind)(M, N)

    def forward(self, x):
        state, outputs = None, []
        for row in x:
            state = self.cell(row, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs)


def seeded(make, **options):
    torch.manual_seed(0)
    return make(**options)


def tokens():
    return torch.arange(B * T).reshape(B, T) % 5
