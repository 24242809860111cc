"""Muon: momentum whose matrix updates are made orthogonal (Jordan et al., 2024), for the matrices between embedding and output."""
import torch

A, B, C = 3.4445, -4.7750, 2.0315  # the quintic iteration's coefficients, from the method's description


def orthogonal(g, steps=5):
    """[matrices, rows, columns] -> the nearest half-orthogonal matrices, singular values about one."""
    tall = g.shape[-2] > g.shape[-1]
    x = g.mT if tall else g
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        s = x @ x.mT
        x = A * x + (B * s + C * s @ s) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Matrices of one shape are updated together. lr: the update's root mean square is 0.2 lr, like AdamW's."""

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group['params']:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for shape, ps in shapes.items():
                updates = []
                for p in ps:
                    state = self.state[p]
                    m = state.setdefault('momentum', torch.zeros_like(p))
                    m.lerp_(p.grad, 1 - group['momentum'])
                    updates.append(p.grad.lerp(m, group['momentum']))
                whole = orthogonal(torch.stack(updates)) * (0.2 * max(shape) ** 0.5)
                for p, u in zip(ps, whole):
                    p.mul_(1 - group['lr'] * group['weight_decay']).add_(u, alpha=-group['lr'])
