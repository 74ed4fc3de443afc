import torch

from calotype.losses.penalty import pixel_gradient_penalty


def test_a_linear_critic_has_the_penalty_of_its_weights():
    """Its gradient is the same at every pixel, so the penalty can be worked out by hand."""
    weight = torch.tensor([1.0, 2.0, 2.0])  # of length 3

    def critic(x):
        return torch.einsum("bchw,c->bhw", x, weight)[:, None]

    real, fake = torch.rand(1, 3, 5, 6), torch.rand(2, 3, 5, 6)
    assert torch.isclose(pixel_gradient_penalty(critic, real, fake), torch.tensor((3.0 - 1) ** 2))


def test_the_norm_is_over_the_channels_of_a_pixel_and_the_mean_over_the_pixels():
    weight = torch.zeros(1, 3, 1, 2)
    weight[0, :, 0, 0] = torch.tensor([3.0, 0, 4.0])  # one pixel of length 5, one of length 0

    def critic(x):
        return (x * weight).sum(dim=(1, 2, 3))

    penalty = pixel_gradient_penalty(critic, torch.rand(1, 3, 1, 2), torch.rand(1, 3, 1, 2))
    assert torch.isclose(penalty, torch.tensor((4.0**2 + 1.0**2) / 2))


def test_it_can_be_differentiated_once_more():
    critic = torch.nn.Conv2d(3, 1, 3)
    pixel_gradient_penalty(critic, torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)).backward()
    assert critic.weight.grad is not None
    assert critic.weight.grad.abs().sum() > 0
